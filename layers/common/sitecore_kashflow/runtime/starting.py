"""A Lambda starts up: what is imported and built then stays, so that looking for garbage among it is wasted time.

That time is a seventh of a cold start. So the garbage collector is off from the first import on; the first call of a
door turns it on again, and tells it to leave alone what is there by then.
"""

import gc

from .settings import is_in_lambda


def begin() -> None:
    if is_in_lambda():
        gc.disable()


def end() -> None:
    """It does no harm to say so at every call."""
    if is_in_lambda() and not gc.isenabled():
        gc.freeze()
        gc.enable()
