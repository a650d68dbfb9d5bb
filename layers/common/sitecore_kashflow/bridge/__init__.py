"""The command `bridge`: what people do from a terminal with a deployed stack.

Each verb returns a value (`values`); `--json` prints it as it is, `text` says it in sentences. No function loads this.
"""
