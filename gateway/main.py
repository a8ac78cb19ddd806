"""The gateway's ASGI app: `python -m shared.serve gateway.main:app --port 8080`."""

from gateway.asgi import Gateway

app = Gateway()
