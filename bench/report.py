"""How the benchmark tells a promise and what became of it."""


def report(what: str, value: float, sign: str, promise: float, note: str) -> None:
    met = value <= promise if sign == "<=" else value >= promise
    mark = "met   " if met else "MISSED"
    print(f"{mark} {what:<42} {value:6.2f}  (promise {sign} {promise:g}; {note})", flush=True)
