"""Writes curves.json: Renyi divergences of sampled releases, for the tests of cost.

    python3 privacy/cost/testdata/curves.py > privacy/cost/testdata/curves.json

It needs mpmath and takes half a minute. The formulas are those of docs/privacy-proofs.md,
summed up in 70 decimal digits; each setting has the divergences in nanos at the 48
orders, cut off behind 12 decimals.
"""
import json
import random

from mpmath import binomial, exp, floor, log, mp, mpf

mp.dps = 70

ORDERS = [*range(2, 21), *range(22, 41, 2), *range(44, 65, 4), *range(72, 129, 8), 160, 192, 256, 384, 512]


def gaussian(noise, l1, l2squared, order):
    return exp(order * (order - 1) * l2squared / noise**2 / 2)


def skellam(noise, l1, l2squared, order):
    fine = ((2 * order - 1) * l2squared + 6 * l1) / (4 * noise**2)
    coarse = 3 * l1 / (2 * noise)
    return exp((order - 1) * (order * l2squared / (2 * noise) + min(fine, coarse)))


def laplace(noise, l1, l2squared, order):
    t = exp(-noise)
    c = 1 / (1 + t) + (1 - t) / (1 + t) / (t ** -(2 * order - 1) - 1)
    return c * exp((order - 1) * noise * l1) + (1 - c) * exp(-order * noise * l1)


LAWS = {"gaussian": gaussian, "skellam": skellam, "laplace": laplace}


def divergences(case):
    fixed, replaced = "of" in case, case["adjacency"] == "replace-one"
    noise = mpf(case["num"]) / case["den"]
    q = mpf(case["take"]) / case["of"] if fixed else mpf(case["poisson"]) / 10**6
    law, last = LAWS[case["noise"]], ORDERS[-1]
    near, far = (
        [mpf(1), mpf(1)] + [law(noise, mpf(case["l1"]) * n, mpf(case["l2squared"]) * n**2, order) for order in range(2, last + 1)]
        for n in (1, 2)
    )

    def thinned(order):
        return sum(binomial(order, l) * q**l * (1 - q) ** (order - l) * near[l] for l in range(order + 1))

    for order in ORDERS:
        if not fixed and not replaced:
            yield log(thinned(order)) / (order - 1) * 10**9
            continue
        choose = [binomial(order, l) for l in range(order + 1)]
        moved = choose[2] * q**2 * min(4 * (far[2] - 1), 2 * far[2])
        moved += 2 * sum(choose[l] * q**l * far[l] for l in range(3, order + 1))
        least = log(min(1 + moved, far[order])) / (order - 1)
        if not fixed and 2 * order <= last:
            least = min(least, log(thinned(2 * order) * thinned(2 * order - 1)) / (2 * order - 2))
        yield least * 10**9


def settings():
    rng = random.Random(20261126)
    for i in range(36):
        noise = ["gaussian", "skellam", "laplace"][i % 3]
        side = rng.choice([1, 3, 17, 250, 4096])
        case = {"noise": noise, "l1": min(side * side, rng.choice([side, side * 7])), "l2squared": side * side}
        case["den"] = rng.choice([1, 2, 7, 1000])
        wide = rng.choice([0.4, 0.7, 1, 1.5, 3, 10, 60])
        if noise == "gaussian":
            case["num"] = max(1, int(side * wide * case["den"]))
        elif noise == "skellam":
            case["num"] = max(1, int(side * side * wide * wide * case["den"]))
        else:
            case["den"] *= 1_000_000
            case["num"] = max(1, int(rng.choice([0.003, 0.05, 0.3, 1, 4]) / case["l1"] * case["den"]))
        case["adjacency"] = ["zero-out", "add-remove", "replace-one", "zero-out"][i // 3 % 4]
        if i // 3 % 4 == 3:
            case["of"] = rng.choice([10, 1000, 60000])
            case["take"] = max(1, case["of"] // rng.choice([2, 10, 7]))
        else:
            case["poisson"] = rng.choice([1, 100, 2500, 10000, 100000, 300000, 900000, 999999])
        yield case


lines = []
for case in settings():
    case["nanos"] = [f"{int(floor(d))}.{int(floor((d - floor(d)) * 10**12)):012d}" for d in divergences(case)]
    lines.append(json.dumps(case))
print("[\n" + ",\n".join(lines) + "\n]")
