"""Answers for bench/accountants: the epsilons of other programs' accountants, and the CPU
time each takes. one JSON object per line in, one a line out. Opacus's accountants need
no PyTorch, but its package does: only they are loaded."""
import json
import os
import sys
import time
import types
import warnings

warnings.filterwarnings("ignore")


def accountants_of_opacus():
    import importlib.util

    folder = os.path.dirname(importlib.util.find_spec("numpy").origin)
    package = types.ModuleType("opacus")
    package.__path__ = [os.path.join(os.path.dirname(folder), "opacus")]
    optimizers = types.ModuleType("opacus.optimizers")
    optimizers.DPOptimizer = object  # named in a signature only
    sys.modules.update({"opacus": package, "opacus.optimizers": optimizers})
    from opacus.accountants import PRVAccountant, RDPAccountant

    return {"opacus rdp": RDPAccountant, "opacus prv": PRVAccountant}


def main():
    import dp_accounting
    from dp_accounting import pld, rdp

    opacus = accountants_of_opacus()
    google = {"dp_accounting rdp": rdp.RdpAccountant, "dp_accounting pld": pld.PLDAccountant}

    def event(q):
        if q["mechanism"] == "laplace":
            one = dp_accounting.LaplaceDpEvent(1 / q["parameter"])
        else:
            one = dp_accounting.GaussianDpEvent(q["parameter"])
        if q["rate"] < 1:
            one = dp_accounting.PoissonSampledDpEvent(q["rate"], one)
        return dp_accounting.SelfComposedDpEvent(one, q["steps"])

    def epsilon(q):
        if q["by"] in google:
            accountant = google[q["by"]]()
            accountant.compose(event(q))
            return accountant.get_epsilon(q["delta"])
        accountant = opacus[q["by"]]()
        accountant.history = [(q["parameter"], q["rate"], q["steps"])]
        return accountant.get_epsilon(q["delta"])

    print(json.dumps({}), flush=True)
    for line in sys.stdin:
        q = json.loads(line)
        try:
            begin = time.process_time()
            value = float(epsilon(q))
            answer = {"epsilon": value, "seconds": time.process_time() - begin}
        except Exception as error:  # part of the answer: what it cannot compute
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


main()
