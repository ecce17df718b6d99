"""What bench/opacus compares with: DP-SGD by Opacus, one thread.

Reads questions and writes answers, each one JSON object per line. Training follows
Opacus's documentation: the PrivacyEngine makes model, optimiser and loader private, sampling
is Poisson, and the noise comes from PyTorch's default generator, not the slower secure one.
"""
import base64
import json
import sys
import time
import warnings

import torch
from opacus import PrivacyEngine
from opacus.accountants import PRVAccountant, RDPAccountant
from torch import nn

warnings.filterwarnings("ignore")


def floats(text):
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.float32)


def network(widths):
    modules = []
    for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
        modules += [nn.ReLU()] if i > 0 else []
        modules.append(nn.Linear(inputs, outputs))
    return nn.Sequential(*modules)


class Task:
    def __init__(self, q):
        self.q = q
        self.x = floats(q["x"]).reshape(len(q["y"]), -1)
        self.y = torch.tensor(q["y"])
        self.held_x = floats(q["held_x"]).reshape(len(q["held_y"]), -1)
        self.held_y = torch.tensor(q["held_y"])

    def begin(self, mode, weights, seed):
        """A private training from given weights, before its first step."""
        torch.manual_seed(seed)
        net = network(self.q["widths"])
        parameters = list(net.parameters())
        with torch.no_grad():
            for p, w in zip(parameters, floats(weights).split([p.numel() for p in parameters])):
                p.copy_(w.reshape(p.shape))
        sgd = torch.optim.SGD(parameters, lr=self.q["learning_rate"])
        rows = torch.utils.data.TensorDataset(self.x, self.y)
        loader = torch.utils.data.DataLoader(rows, batch_size=self.q["batch"])
        self.engine = PrivacyEngine()
        loss = nn.CrossEntropyLoss()
        private = dict(
            module=net, optimizer=sgd, data_loader=loader,
            noise_multiplier=self.q["noise"], max_grad_norm=self.q["clip"], grad_sample_mode=mode,
        )
        if mode == "ghost":
            self.net, self.sgd, self.loss, self.loader = self.engine.make_private(criterion=loss, **private)
        else:
            self.net, self.sgd, self.loader = self.engine.make_private(**private)
            self.loss = loss

    def train(self, steps):
        """Runs steps, and returns their CPU time and the accuracy on the hold-out."""
        start = time.process_time()
        while steps > 0:
            for x, y in self.loader:
                self.sgd.zero_grad()
                self.loss(self.net(x), y).backward()
                self.sgd.step()
                steps -= 1
                if steps == 0:
                    break
        seconds = time.process_time() - start
        with torch.no_grad():
            right = (self.net(self.held_x).argmax(1) == self.held_y).float().mean().item()
        return {"seconds": seconds, "accuracy": right}


def epsilons(q):
    """The epsilon of all steps by both accountants; PRV with its default error bounds."""
    answer = {}
    for name, accountant in (("rdp", RDPAccountant()), ("prv", PRVAccountant())):
        accountant.history = [(q["noise"], q["rate"], q["steps"])]
        answer[name] = float(accountant.get_epsilon(q["delta"]))
    return answer


def main():
    torch.set_num_threads(1)
    print(json.dumps({}), flush=True)
    task = None
    for line in sys.stdin:
        q = json.loads(line)
        answer = {}
        if q["ask"] == "load":
            task = Task(q)
        elif q["ask"] == "train":
            task.begin(q["mode"], q["weights"], q["seed"])
            if task.loader.sample_rate != q["rate"] or getattr(task.sgd, "expected_batch_size", q["divisor"]) != q["divisor"]:
                answer["error"] = f"samples at {task.loader.sample_rate}, divided by {task.sgd.expected_batch_size}"
            else:
                answer = task.train(q["steps"])
        elif q["ask"] == "epsilon":
            answer = epsilons(q)
        print(json.dumps(answer), flush=True)


main()
