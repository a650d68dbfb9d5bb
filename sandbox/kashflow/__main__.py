"""`python -m sandbox.kashflow --port N [--keep FILE] [--switch name=value ...]`; base address `http://127.0.0.1:N/v2`."""

from sandbox.kashflow.app import create_app
from sandbox.kashflow.switches import SWITCHES
from sandbox.shared.serve import launch

if __name__ == "__main__":
    launch(SWITCHES, create_app)
