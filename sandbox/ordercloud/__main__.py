"""`python -m sandbox.ordercloud --port N [--keep FILE] [--switch name=value ...]`"""

from sandbox.ordercloud.app import create_app
from sandbox.ordercloud.switches import SWITCHES
from sandbox.shared.serve import launch

if __name__ == "__main__":
    launch(SWITCHES, create_app)
