"""One folder an outside system. They move wire shapes and turn answers into our errors."""
