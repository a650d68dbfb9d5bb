"""The bridge between a Sitecore shop and its KashFlow books.

Rooms, each may use those below it: runtime, usecases, (clients, stores, messaging | mapping),
(wire | canonical), errors. Begin with `usecases`, in the order of `docs/walk.md`.
"""
