#!/usr/bin/python3
import os

from flask import Flask

app = Flask(__name__)


@app.route("/")
def hello():
    return "Hello from version 2\n"


@app.route("/healthz")
def healthz():
    return "ok\n"


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ.get("PORT", "5001")))
