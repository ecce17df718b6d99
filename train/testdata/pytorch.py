"""Writes pytorch.json: what PyTorch makes of some small jobs, for the tests of train.

    python3 train/testdata/pytorch.py > train/testdata/pytorch.json

It needs PyTorch 1.13 or newer, and runs in seconds. Everything is computed in
float64, so what train finds in float32 is compared with something better. A step
goes over all rows at once: then no order of rows matters.

A job is a "model", its first "weights", and "rows" with "labels", and where the model
puts out one value, with the "targets" that it should put out. A case is what a
"training" makes of a job: the "losses" before each step, and the weights "after" the
last one. Models and trainings are in the words of a task file.
"""
import json

import torch
from torch import nn
from torch.nn import functional

ROWS, CLASSES = 6, 3


def grid(generator, *shape):
    """Random eighths from -2 to 2: short in JSON, exact in float32."""
    return torch.randint(-16, 17, shape, generator=generator, dtype=torch.float64) / 8


def dense(out):
    return {"kind": "dense", "out": out}


def conv(out, kernel, stride=1, padding=0):
    return {"kind": "conv2d", "out": out, "kernel": kernel, "stride": stride, "padding": padding}


def pool(size):
    return {"kind": "maxpool", "size": size}


RELU = {"kind": "relu"}

# height, width and channels of an image, what sees it, and the loss where it is another
MODELS = {
    "softmax": ((1, 1, 5), [dense(3)]),
    "mlp": ((1, 1, 5), [dense(6), RELU, dense(4), RELU, dense(3)]),
    "padded": ((5, 4, 2), [conv(2, 3, padding=1), RELU, dense(3)]),
    "strided": ((6, 5, 1), [conv(3, 3, stride=2, padding=2), RELU, dense(3)]),
    "squares": ((4, 5, 1), [conv(2, 3), RELU, dense(3)], "mse"),
    "pooled": ((5, 5, 1), [conv(4, 2), pool(2), RELU, dense(3)]),
    "linear": ((1, 1, 5), [dense(1)], "mse"),
    "mlp of a number": ((1, 1, 5), [dense(6), RELU, dense(4), RELU, dense(1)], "mse"),
    "cnn of a number": ((6, 6, 1), [conv(2, 3, padding=1), RELU, pool(2), dense(4), RELU, dense(1)], "mse"),
    "cnn": ((6, 6, 1), [conv(2, 3, padding=1), RELU, pool(2), conv(3, 3, padding=1), RELU, pool(2), dense(4), RELU, dense(3)]),
}


def network(image, layers):
    """The modules of a model: its weights stand in the order of package model."""
    height, width, channels = image
    modules = []
    for layer in layers:
        if layer["kind"] == "dense":
            modules += [nn.Flatten(), nn.Linear(height * width * channels, layer["out"])]
            height, width, channels = 1, 1, layer["out"]
        elif layer["kind"] == "conv2d":
            side, stride, padding = layer["kernel"], layer["stride"], layer["padding"]
            modules.append(nn.Conv2d(channels, layer["out"], side, stride, padding))
            height, width = (height + 2 * padding - side) // stride + 1, (width + 2 * padding - side) // stride + 1
            channels = layer["out"]
        elif layer["kind"] == "maxpool":
            modules.append(nn.MaxPool2d(layer["size"]))
            height, width = height // layer["size"], width // layer["size"]
        else:
            modules.append(nn.ReLU())
    return nn.Sequential(*modules).double()


def optimiser(parameters, training):
    rate, momentum, decay = training["rate"], training.get("momentum", 0), training.get("weight_decay", 0)
    if training["optimiser"] == "adam":
        return torch.optim.Adam(parameters, lr=rate, betas=(momentum, 0.999), eps=1e-8, weight_decay=decay)
    nesterov = training["optimiser"] == "nesterov"
    return torch.optim.SGD(parameters, lr=rate, momentum=momentum, nesterov=nesterov, weight_decay=decay)


def gradients(net, loss, x, y, clip):
    """The gradients of the mean loss; with a bound, the mean of the rows' clipped ones."""
    parameters = list(net.parameters())
    if not clip:
        return torch.autograd.grad(loss(net(x), y), parameters)
    mean = [torch.zeros_like(p) for p in parameters]
    for r in range(len(x)):
        own = torch.autograd.grad(loss(net(x[r : r + 1]), y[r : r + 1]), parameters)
        norm = torch.sqrt(sum((g**2).sum() for g in own))
        for m, g in zip(mean, own):
            m += g * min(1, clip / float(norm)) / len(x)
    return mean


class Job:
    """A model with weights, and the rows it sees."""

    def __init__(self, image, layers, loss=None):
        self.image, self.layers, self.name = image, layers, loss
        height, width, channels = image
        random = torch.Generator().manual_seed(1)
        self.x = grid(random, ROWS, channels, height, width)
        self.classes = layers[-1]["out"]
        if self.classes == 1:
            self.y = grid(random, ROWS)
        else:
            self.y = torch.randint(0, CLASSES, (ROWS,), generator=random)
        net = network(image, layers)
        self.weights = [grid(random, *p.shape) / 4 for p in net.parameters()]

    def network(self):
        net = network(self.image, self.layers)
        with torch.no_grad():
            for p, w in zip(net.parameters(), self.weights):
                p.copy_(w)
        return net

    def loss(self, scores, y):
        if self.classes == 1:
            return functional.mse_loss(scores[:, 0], y)
        if self.name == "mse":
            return functional.mse_loss(scores, functional.one_hot(y, CLASSES).double())
        return functional.cross_entropy(scores, y)

    def described(self):
        height, width, channels = self.image
        model = {
            "kind": "layers",
            "inputs": height * width * channels,
            "image": {"height": height, "width": width, "channels": channels},
            "layers": self.layers,
            "classes": self.classes,
        }
        if self.name:
            model["loss"] = self.name
        job = {"model": model, "weights": flat(self.weights), "rows": flat([self.x]), "labels": self.y.tolist()}
        if self.classes == 1:
            job |= {"labels": [0] * ROWS, "targets": self.y.tolist()}
        return job


def case(name, steps, **training):
    """Runs a job as a training says, and tells how it went."""
    job = Job(*MODELS[name])
    net, losses = job.network(), []
    rule = optimiser(net.parameters(), training)
    for _ in range(steps):
        losses.append(job.loss(net(job.x), job.y))
        slopes = gradients(net, job.loss, job.x, job.y, training.get("clip"))
        for p, g, start in zip(net.parameters(), slopes, job.weights):
            p.grad = g + training.get("proximal", 0) * (p.detach() - start)
        rule.step()
    training = {"batch": ROWS, "epochs": steps, "arithmetic": "strict", **training}
    return {"job": name, "training": training, "losses": flat(losses), "after": flat(net.parameters())}


def flat(tensors):
    """All numbers in their order, to seven digits: what a float32 has."""
    return [float(f"{v:.7g}") for t in tensors for v in t.detach().flatten().tolist()]


def cases():
    for name in MODELS:
        yield case(name, 10, optimiser="sgd", rate=0.02 if "number" in name else 0.1)
    for rule in (
        {"optimiser": "sgd", "rate": 0.1},
        {"optimiser": "momentum", "rate": 0.05, "momentum": 0.9},
        {"optimiser": "nesterov", "rate": 0.05, "momentum": 0.9},
        {"optimiser": "adam", "rate": 0.01, "momentum": 0.9},
    ):
        yield case("mlp", 20, **rule)
        yield case("mlp", 20, weight_decay=0.03, **rule)
        yield case("softmax", 20, proximal=0.5, **rule)
        yield case("mlp", 20, clip=0.4, **rule)
        yield case("cnn", 10, weight_decay=0.01, proximal=0.2, clip=0.6, **rule)
    for clip in (0.01, 1, 2.5):
        yield case("strided", 10, clip=clip, optimiser="sgd", rate=0.1)
    yield case("squares", 10, clip=0.5, optimiser="sgd", rate=0.3)
    for name in ("linear", "mlp of a number", "cnn of a number"):
        yield case(name, 10, clip=0.7, weight_decay=0.01, proximal=0.2, optimiser="momentum", rate=0.02, momentum=0.9)


def main():
    jobs = [f'"{name}":' + json.dumps(Job(*m).described(), separators=(",", ":")) for name, m in MODELS.items()]
    runs = [json.dumps(c, separators=(",", ":")) for c in cases()]
    print('{"jobs":{\n' + ",\n".join(jobs) + '\n},"cases":[\n' + ",\n".join(runs) + "\n]}")


if __name__ == "__main__":
    main()
