"""A parameter and the science it carries: unit, symbol, range, role, source.

Layer: scenarios.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from languages.speaking import say
from scenarios.hours import parse_hours

Role = Literal["lever", "uncertain", "fixed"]
"""lever: a city may choose it; uncertain: nobody knows it; fixed: given by the place, the law or the form."""


class Science(NamedTuple):
    """What every parameter declares beside its value."""

    unit: str
    symbol: str
    span: tuple[float, float] | None
    role: Role
    source: str


class OutOfRangeError(ValueError):
    """A number lies outside the range that its parameter declares."""


class Section(BaseModel):
    """A frozen group of parameters; a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    @field_validator("*")
    @classmethod
    def _within_span(cls, value: Any, info: ValidationInfo) -> Any:
        """A number, or every number of a list, must lie in the declared range."""
        field = cls.model_fields[info.field_name or ""]
        span = None if is_section(field) else cls.science(info.field_name or "").span
        numbers = value if isinstance(value, tuple) else (value,)
        if span and not all(span[0] <= number <= span[1] for number in numbers):
            raise OutOfRangeError(say("must lie in [{low:g}, {high:g}]", low=span[0], high=span[1]))
        return value

    @classmethod
    def science(cls, name: str) -> Science:
        """The unit, symbol, range, role and source of one parameter; KeyError if there is none of that name."""
        extra = cls.model_fields[name].json_schema_extra
        if not isinstance(extra, dict) or "science" not in extra:
            raise KeyError(name)
        science: Any = extra["science"]
        unit, symbol, span, role, source = science
        return Science(unit, symbol, tuple(span) if span else None, role, source)


def param(
    default: Any,
    about: str,
    *,
    unit: str,
    symbol: str,
    span: tuple[float, float] | None,
    role: Role,
    source: str,
) -> Any:
    """Declare a parameter; nothing may be left out. `default=...` means that a scenario must give it.

    `unit` is "1" for shares and counts of things are named ("people"); `span` is the closed range of
    a number (or of every number in a list) and None for words; `source` is a key in sources.toml.
    """
    return Field(
        default,
        description=about,
        json_schema_extra={
            "science": [unit, symbol, list(span) if span else None, role, source],
            "unit": unit,
            "symbol": symbol,
            "role": role,
            "source": source,
            **({"minimum": span[0], "maximum": span[1]} if span else {}),
        },
    )


def is_section(field: FieldInfo) -> bool:
    """True for a field that groups parameters (or names groups of them) rather than being one."""
    extra = field.json_schema_extra
    return not (isinstance(extra, dict) and "science" in extra)


def walk(section: Section, prefix: str = "") -> Iterator[tuple[str, type[Section], str, Any]]:
    """Every parameter of a resolved section: dotted path, the section that declares it, its name, its value."""
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        path = f"{prefix}{name}"
        if not is_section(field):
            yield path, type(section), name, value
        elif isinstance(value, Section):
            yield from walk(value, f"{path}.")
        else:
            for key, item in value.items():
                yield from walk(item, f"{path}.{key}.")


def changed[S: Section](section: S, values: Mapping[str, Any]) -> S:
    """A resolved section with some of its parameters changed, by dotted path; only what changes is validated.

    Raises KeyError if there is no such parameter, pydantic.ValidationError if a value is none it can have.
    """
    own: dict[str, Any] = {}
    below: dict[str, dict[str, Any]] = {}
    for path, value in values.items():
        name, _, rest = path.partition(".")
        if rest:
            below.setdefault(name, {})[rest] = value
        elif is_section(type(section).model_fields[name]):
            raise KeyError(path)
        else:
            own[name] = value
    for name, inside in below.items():
        there = getattr(section, name) if name in type(section).model_fields else None
        own[name] = (
            _changed_entries(there, inside) if isinstance(there, dict) else _changed_section(there, inside, name)
        )
    if any(not is_section(type(section).model_fields[name]) for name in own):
        return type(section).model_validate({name: getattr(section, name) for name in type(section).model_fields} | own)
    return section.model_copy(update=own)


def _changed_entries(entries: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """A dictionary of sections with parameters of some of them changed."""
    of_entry: dict[str, dict[str, Any]] = {}
    for path, value in values.items():
        key, _, rest = path.partition(".")
        of_entry.setdefault(key, {})[rest] = value
    return {**entries, **{key: changed(entries[key], inside) for key, inside in of_entry.items()}}


def _changed_section(section: Any, values: Mapping[str, Any], name: str) -> Any:
    if not isinstance(section, Section):
        raise KeyError(name)
    return changed(section, values)


def _check_hours(text: str) -> str:
    parse_hours(text)
    return text


Hours = Annotated[str, AfterValidator(_check_hours)]
"""Hours of duty as text; see `scenarios.hours`."""
