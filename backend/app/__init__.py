"""The sample service that Shipway ships: FastAPI on uvicorn, started by `python -m app`."""
