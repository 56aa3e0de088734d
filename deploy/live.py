"""What a person sees on a terminal: the plain lines in colour, and a moving line for each phase."""

from typing import TYPE_CHECKING, Any, Self, TextIO

from deploy.console import Plain, progress
from deploy.events import Event, PhaseEnded, PhaseOutput, PhaseProgress, PhaseStarted

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

BESIDE = 16  # characters of a moving line that are not its phase or detail
BAR_WIDTH = 20


class Live(Plain):
    """Renders to a terminal. Phases that run side by side have a moving line each."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console

        super().__init__(stream)
        self.rich = Console(file=stream, highlight=False)
        self.columns = self.rich.width
        self.moving: Progress | None = None
        self.phases: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def line(self, text: str = "", _style: str = "") -> None:
        self.rich.print(text, style=_style or None, markup=False, soft_wrap=True)

    def __call__(self, event: Event) -> None:
        match event:
            case PhaseStarted():
                self.show(event.phase, event.detail)
            case PhaseProgress():
                total = event.total if event.unit == "bytes" else 0
                self.show(event.phase, progress(event), done=event.done, total=total)
            case PhaseOutput(kept=True):
                self.render(event)
            case PhaseOutput():
                self.show(event.phase, event.line)
            case PhaseEnded():
                self.end(event.phase)
                self.render(event)
            case _:
                self.stop()  # a question may follow, or the end
                self.render(event)

    def show(self, phase: str, detail: str, *, done: float = 0, total: float = 0) -> None:
        """Put where the phase is on its moving line; with a total in bytes there is a bar too."""
        from rich.markup import escape

        if self.moving is None:
            self.moving = _progress(self.rich)
            self.moving.start()
        if phase not in self.phases:
            self.phases[phase] = self.moving.add_task(phase, total=None)
        room = max(20, self.rich.width - len(phase) - BESIDE - (BAR_WIDTH + 1 if total else 0))
        description = f"[bold]{escape(phase)}[/]  {escape(detail[:room])}"
        values: dict[str, Any] = {"completed": done, "total": total} if total else {}
        self.moving.update(self.phases[phase], description=description, **values)

    def end(self, phase: str) -> None:
        """Take the phase's moving line away."""
        if self.moving and phase in self.phases:
            self.moving.remove_task(self.phases.pop(phase))
        if not self.phases:
            self.stop()

    def stop(self) -> None:
        """Take all moving lines away; a phase that goes on gets a new one with its next event."""
        if self.moving:
            self.moving.stop()
        self.moving = None
        self.phases.clear()


def _progress(console: Any) -> "Progress":
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.table import Column

    class Bar(BarColumn):
        """A bar for phases that have a total; the others need the room."""

        def render(self, task: Any) -> Any:
            return super().render(task) if task.total else ""

    return Progress(
        SpinnerColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", table_column=Column(no_wrap=True)),
        Bar(bar_width=BAR_WIDTH),
        console=console,
        transient=True,
    )
