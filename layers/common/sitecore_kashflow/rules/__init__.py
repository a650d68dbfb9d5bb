"""The rules document: everything about the bookkeeping that a shop may decide, as data."""
