"""A file of a migration: where its bytes are on this machine, and its name in messages and commands."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

STANDARD_INPUT = "-"


@dataclass(frozen=True)
class SourceFile:
    """A file that a migration reads.

    Attributes:
        path: the file on this machine; for an address, its private copy.
        name: its path, `-`, or its address without options.
    """

    path: Path
    name: str

    @classmethod
    def of(cls, file: "Path | SourceFile") -> "SourceFile":
        """Name a file of this machine by its path."""
        return file if isinstance(file, SourceFile) else cls(file, str(file))

    def __str__(self) -> str:
        """Return the name."""
        return self.name

    @property
    def folder(self) -> Path:
        """Its folder; the current folder for a source without a folder."""
        lies_in_folder = self.name == str(self.path) and self.name != STANDARD_INPUT
        return self.path.parent if lies_in_folder else Path()

    @property
    def list_path(self) -> Path:
        """The file that commands suggest for the list."""
        stem = "" if self.name == STANDARD_INPUT else PurePosixPath(self.name).stem
        return self.folder / (f"{stem}-list.csv" if stem else "list.csv")
