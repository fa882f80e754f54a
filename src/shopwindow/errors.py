"""Every error that shopwindow raises on purpose: what was expected, what came, what to do."""


class ShopwindowError(Exception):
    """Base of all errors that the caller can act on; its text is written for a person."""


class SchemaError(ShopwindowError):
    """A file or record does not say what the schema needs; names file, line and field where known."""

    def __init__(
        self,
        *,
        expected: str,
        came: object,
        field: str | None = None,
        file: str | None = None,
        line: int | None = None,
    ) -> None:
        self.expected, self.came, self.field, self.file, self.line = expected, came, field, file, line
        where = ":".join(str(part) for part in (file, line) if part is not None)
        what = " ".join(part for part in (where and f"{where}:", field and f"field '{field}':") if part)
        super().__init__(f"{what} expected {expected}, came {came!r}".strip())


class ConfigError(ShopwindowError):
    """A setting or option cannot be used."""


class IngestError(ShopwindowError):
    """A file as a whole cannot be imported (single bad rows are set aside instead)."""


class DatasetError(ShopwindowError):
    """The imported data cannot make the examples that were asked for."""


class TrainingError(ShopwindowError):
    """A training run cannot start, go on or be resumed."""


class EvaluationError(ShopwindowError):
    """A comparison cannot be made from these inputs."""


class ReleaseError(ShopwindowError):
    """A release is missing, damaged or mixed; it is refused whole."""


class StateError(ShopwindowError):
    """The event log or the derived state cannot be used."""


class ContractError(ShopwindowError):
    """A component returned something its contract forbids: a fault of ours, not the caller's."""


class RequestError(ShopwindowError):
    """A request cannot be answered as asked; `code` is a stable word for programs, the text is for people."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        expected: str | None = None,
        came: object = None,
    ) -> None:
        self.code, self.field, self.expected, self.came = code, field, expected, came
        super().__init__(message)
