"""The verbs: gather, decide, act, write down."""
