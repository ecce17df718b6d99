"""The Flower side of bench/round: the demo's model on the demo's shards, in NumPy.

The settings, model 0 and the rows are files in a folder, written by the Go side. At the end
of each round a line is appended to rounds.jsonl there. The script runs in two ways: as a
Flower app with the objects server and client, or as

    python app.py serve FOLDER ADDRESS
    python app.py join FOLDER ADDRESS NUMBER
"""
import json
import sys
import time
from pathlib import Path

import numpy as np
from flwr.app import ArrayRecord, Message, MetricRecord, RecordDict
from flwr.clientapp import ClientApp
from flwr.serverapp import ServerApp
from flwr.serverapp.strategy import FedAvg


class Work:
    """The settings and rows in the folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        for name, value in json.loads((self.folder / "settings.json").read_text()).items():
            setattr(self, name, value)

    def rows(self, name):
        x = np.fromfile(self.folder / f"{name}.x", dtype="<f4").reshape(-1, self.inputs)
        return x, np.fromfile(self.folder / f"{name}.y", dtype="<i4")

    def start(self):
        """Model 0: for each layer the matrix, with one row per output, then the biases."""
        flat, arrays, at, width = np.fromfile(self.folder / "model-0", dtype="<f4"), [], 0, self.inputs
        for out in [*self.hidden, self.classes]:
            for shape in ((out, width), (out,)):
                size = int(np.prod(shape))
                arrays.append(flat[at : at + size].reshape(shape).copy())
                at += size
            width = out
        return arrays

    def ended(self, number, arrays):
        """Records the end of a round. As in the other system, the score of a model is the
        lower median over the evaluators' shards."""
        scores = sorted(accuracy(arrays, *self.rows(f"evaluator-{i + 1}")) for i in range(self.evaluators))
        line = {"round": number, "accuracy": scores[(len(scores) - 1) // 2], "at": time.time()}
        with open(self.folder / "rounds.jsonl", "a", encoding="utf-8") as f:
            f.write(json.dumps(line) + "\n")
        return line["accuracy"]


def forward(arrays, x):
    """The inputs of each layer, and the logits: ReLU between layers."""
    values = [x]
    for i in range(0, len(arrays), 2):
        x = x @ arrays[i].T + arrays[i + 1]
        if i + 2 < len(arrays):
            x = np.maximum(x, 0)
        values.append(x)
    return values


def accuracy(arrays, x, y):
    return float(np.mean(np.argmax(forward(arrays, x)[-1], axis=1) == y))


def train(arrays, x, y, batch, epochs, rate, seed):
    """Plain SGD on the cross-entropy."""
    arrays, rng, rate = [a.copy() for a in arrays], np.random.default_rng(seed), np.float32(rate)
    for _ in range(epochs):
        order = rng.permutation(len(x))
        for first in range(0, len(x), batch):
            rows = order[first : first + batch]
            values = forward(arrays, x[rows])
            e = np.exp(values[-1] - values[-1].max(axis=1, keepdims=True))
            slope = e / e.sum(axis=1, keepdims=True)
            slope[np.arange(len(rows)), y[rows]] -= 1
            slope /= np.float32(len(rows))
            for i in range(len(arrays) - 2, -1, -2):
                before = values[i // 2]
                matrix, biases = slope.T @ before, slope.sum(axis=0)
                if i > 0:
                    slope = (slope @ arrays[i]) * (before > 0)
                arrays[i] -= rate * matrix
                arrays[i + 1] -= rate * biases
    return arrays


client = ClientApp()
server = ServerApp()


@client.train()
def fit(message, context):
    w = Work(context.run_config["folder"])
    number = int(context.node_config["number"])
    x, y = w.rows(f"trainer-{number}")
    seed = 1000 * int(message.content["config"]["server-round"]) + number
    arrays = train(message.content["arrays"].to_numpy_ndarrays(), x, y, w.batch, w.epochs, w.rate, seed)
    content = RecordDict({"arrays": ArrayRecord(arrays), "metrics": MetricRecord({"num-examples": len(x)})})
    return Message(content=content, reply_to=message)


@server.main()
def main(grid, context):
    w = Work(context.run_config["folder"])

    def evaluate(number, arrays):
        return MetricRecord({"accuracy": w.ended(number, arrays.to_numpy_ndarrays())})

    strategy = FedAvg(
        fraction_evaluate=0.0,
        min_train_nodes=w.trainers,
        min_available_nodes=w.trainers,
    )
    strategy.start(grid=grid, initial_arrays=ArrayRecord(w.start()), num_rounds=w.rounds, evaluate_fn=evaluate)


def serve(folder, address):
    from flwr.common import ndarrays_to_parameters
    from flwr.server import ServerConfig, start_server
    from flwr.server.strategy import FedAvg as Strategy

    w = Work(folder)
    start_server(
        server_address=address,
        config=ServerConfig(num_rounds=w.rounds),
        strategy=Strategy(
            fraction_evaluate=0.0,
            min_fit_clients=w.trainers,
            min_available_clients=w.trainers,
            initial_parameters=ndarrays_to_parameters(w.start()),
            evaluate_fn=lambda number, arrays, _: (0.0, {"accuracy": w.ended(number, arrays)}),
            on_fit_config_fn=lambda number: {"round": number},
        ),
    )


def join(folder, address, number):
    from flwr.client import NumPyClient, start_client

    w = Work(folder)
    x, y = w.rows(f"trainer-{number}")

    class Trainer(NumPyClient):
        def fit(self, parameters, config):
            seed = 1000 * config["round"] + int(number)
            return train(parameters, x, y, w.batch, w.epochs, w.rate, seed), len(x), {}

    start_client(server_address=address, client=Trainer().to_client(), insecure=True)


if __name__ == "__main__":
    {"serve": serve, "join": join}[sys.argv[1]](*sys.argv[2:])
