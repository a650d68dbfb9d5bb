"""The rules document, from a terminal.

python -m sitecore_kashflow.runtime.rules_document check rules.yaml    prints every fault by its path
python -m sitecore_kashflow.runtime.rules_document schema              prints its JSON Schema
python -m sitecore_kashflow.runtime.rules_document validator           prints the schema that AppConfig validates with
"""

import json
import sys
from collections.abc import Sequence

from ..errors import PermanentError
from ..rules.document import parse_rules
from ..rules.publish import text_of
from ..rules.schema import rules_schema, validator_schema


def main(arguments: Sequence[str]) -> int:
    """Run one command. Returns 0, or 1 after printing what is wrong."""
    match arguments:
        case ["schema"]:
            sys.stdout.write(json.dumps(rules_schema(), indent=1, ensure_ascii=False) + "\n")
        case ["validator"]:
            sys.stdout.write(json.dumps(validator_schema(), separators=(",", ":")) + "\n")
        case ["check", path]:
            try:
                rules = parse_rules(text_of(path))
            except PermanentError as error:
                sys.stderr.write("\n  ".join(error.words.split("; ")) + "\n")
                return 1
            sys.stdout.write(f"{path} is valid: version {rules.version}.\n")
        case _:
            sys.stderr.write("Usage: check FILE | schema | validator\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
