"""Which HTTP statuses count as healthy."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Matcher:
    """The success codes of a target group, as inclusive ranges."""

    ranges: tuple[tuple[int, int], ...]

    def matches(self, status: int) -> bool:
        return any(low <= status <= high for low, high in self.ranges)


ONLY_OK = Matcher(((200, 200),))


def parse_matcher(text: str) -> Matcher:
    """Parse a value such as "200", "200,202" or "200-299,301".

    https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html

    Raises ValueError if it is of another form.
    """
    return Matcher(tuple(_range(part) for part in text.split(",")))


def _range(text: str) -> tuple[int, int]:
    low, _, high = text.strip().partition("-")
    return int(low), int(high or low)
