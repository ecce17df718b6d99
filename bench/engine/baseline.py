"""What bench/engine compares with: plain SGD in PyTorch, one thread.

Reads questions and writes answers, each one JSON object per line.
"""
import base64
import json
import os
import re
import sys
import time

try:
    import torch
    from torch import nn
except ImportError as e:
    print(json.dumps({"error": str(e)}), flush=True)
    sys.exit(1)


REFERENCE = "reference BLAS"


def blas():
    """The library that multiplies matrices. Debian's PyTorch uses whichever is installed."""
    built = re.search(r"BLAS_INFO=(\w+)", torch.__config__.show())
    if built and built[1] != "generic":
        return built[1]
    try:
        with open("/proc/self/maps") as maps:
            mapped = {line.split()[-1] for line in maps if "/lib" in line and "blas" in line}
    except OSError:
        return "unknown BLAS"
    if any("/blas/libblas" in path for path in mapped):
        return REFERENCE
    return max((os.path.basename(path) for path in mapped), default="unknown BLAS")


def floats(text):
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.float32)


def values(image):
    return image["height"] * image["width"] * image["channels"]


def network(stages):
    """The layers. A network of only dense layers gets flat rows instead of images."""
    modules, image = [], False
    for stage in stages:
        layer, before = stage["Layer"], stage["In"]
        kind = layer["kind"]
        if kind == "conv2d":
            image = True
            modules.append(nn.Conv2d(before["channels"], layer["out"], layer["kernel"], layer["stride"], layer.get("padding", 0)))
        elif kind == "maxpool":
            modules.append(nn.MaxPool2d(layer["size"]))
        elif kind == "relu":
            modules.append(nn.ReLU())
        elif kind == "dense":
            if image:
                image = False
                modules.append(nn.Flatten())
            modules.append(nn.Linear(values(before), layer["out"]))
        else:
            raise ValueError("no module for " + kind)
    return nn.Sequential(*modules)


class Task:
    def __init__(self, q):
        first = q["stages"][0]["In"]
        shape = (first["channels"], first["height"], first["width"]) if first["height"] > 1 else (first["channels"],)
        self.net = network(q["stages"])
        self.weights = floats(q["weights"])
        self.x = floats(q["x"]).reshape(-1, *shape)
        self.y = torch.tensor(q["y"])
        self.batch, self.rate = q["batch"], q["rate"]

    def begin(self):
        """Resets the weights to the initial ones."""
        parameters = list(self.net.parameters())
        with torch.no_grad():
            for p, w in zip(parameters, self.weights.split([p.numel() for p in parameters])):
                p.copy_(w.reshape(p.shape))
        self.sgd = torch.optim.SGD(parameters, lr=self.rate)

    def step(self, at):
        x, y = self.x[at : at + self.batch], self.y[at : at + self.batch]
        self.sgd.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(self.net(x), y)
        loss.backward()
        self.sgd.step()
        return loss

    def train(self, epochs):
        self.begin()
        start = time.process_time()
        for _ in range(epochs):
            for at in range(0, len(self.x), self.batch):
                self.step(at)
        return time.process_time() - start

    def losses(self, steps):
        self.begin()
        return [self.step(i * self.batch % len(self.x)).item() for i in range(steps)]


def main():
    torch.set_num_threads(1)
    if blas() == REFERENCE:
        print(json.dumps({"error": f"torch multiplies with the {REFERENCE}, too slow to compare with"}), flush=True)
        sys.exit(1)
    print(json.dumps({"version": torch.__version__, "blas": blas()}), flush=True)
    task = None
    for line in sys.stdin:
        q = json.loads(line)
        a = {}
        if q["ask"] == "load":
            task = Task(q)
        elif q["ask"] == "train":
            a["seconds"] = task.train(q["epochs"])
        elif q["ask"] == "losses":
            a["losses"] = task.losses(q["steps"])
        print(json.dumps(a), flush=True)


main()
