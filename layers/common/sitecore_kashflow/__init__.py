"""The bridge between a Sitecore shop and its KashFlow books.

Each package may import only from those listed for it in `tests/infrastructure/test_architecture.py`; `runtime` is at
the top, `errors` at the bottom. To read the code, begin with `usecases`, in the order of `docs/walk.md`.
"""
