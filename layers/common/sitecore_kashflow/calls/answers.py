"""What all answers of outside systems have in common: read-only, fields in PascalCase, unknown fields ignored."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_pascal


class Part(BaseModel):
    """A part of an answer: it is checked with the whole, so that a checker of its own is made only if needed."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_pascal, populate_by_name=True, defer_build=True
    )


class Answer(Part):
    """A whole answer, or a row of one."""

    model_config = ConfigDict(defer_build=False)
