"""A worker of the local AWS: AWS's runtime client, which asks for events and hands them to the function."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    here = str(Path(__file__).parent)
    sys.path = [path for path in sys.path if path != here]
    sys.path.append(f"{here}/macos")
    from awslambdaric.__main__ import main

    main(["bootstrap", os.environ["_HANDLER"]])
