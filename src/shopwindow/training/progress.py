"""What a person sees while a run trains: loss, validation NDCG@10, rows per second, time left."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class TrainingProgress:
    """A bar over all epochs; rows are target positions. A line per epoch stays on the screen."""

    def __init__(self, console: Console, epochs: int, steps: int) -> None:
        self._bar = Progress(
            TextColumn("epoch {task.fields[epoch]}/{task.fields[epochs]}"),
            BarColumn(),
            TextColumn(
                "loss {task.fields[loss]:.3f}  NDCG@10 {task.fields[ndcg]:.4f}  {task.fields[speed]:,.0f} rows/s"
            ),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
        )
        self._task: TaskID = self._bar.add_task(
            "train", total=epochs * steps, epoch=0, epochs=epochs, loss=0.0, ndcg=0.0, speed=0.0
        )
        self._rows = 0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def step(self, done: int, epoch: int, loss: float, rows: int) -> None:
        """`done`: steps since the start of the run; `rows`: targets of this step."""
        self._rows += rows
        elapsed = self._bar.tasks[0].elapsed or 0.0
        speed = self._rows / elapsed if elapsed > 0 else 0.0
        self._bar.update(self._task, completed=done, epoch=epoch, loss=loss, speed=speed)

    def epoch(self, epoch: int, loss: float, ndcg: float) -> None:
        self._bar.update(self._task, ndcg=ndcg)
        self._bar.console.print(
            f"epoch {epoch}: loss {loss:.4f}, validation NDCG@10 {ndcg:.4f}", highlight=False
        )
