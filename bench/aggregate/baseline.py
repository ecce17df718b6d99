"""What bench/aggregate compares with: the aggregation functions of Flower.

Reads questions and writes answers, each one JSON object per line. Times are wall
times of the fastest function, without the preparation of its arguments.
"""
import json
import sys
import time

try:
    import flwr
    import numpy as np
    from flwr.common import ArrayRecord, Code, FitRes, MetricRecord, RecordDict, Status, ndarrays_to_parameters
    from flwr.server.strategy.aggregate import aggregate, aggregate_inplace
    from flwr.serverapp.strategy.strategy_utils import aggregate_arrayrecords
    from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects, get_object_id
    from flwr.supercore.inflatable.inflatable_utils import validate_object_content
except ImportError as e:
    print(json.dumps({"error": str(e)}), flush=True)
    sys.exit(1)


def timed(function):
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


class Round:
    """Local models and their numbers of samples, in the form that each function needs."""

    def __init__(self, folder, samples):
        models = [np.fromfile(f"{folder}/{i}", dtype="<f4") for i in range(len(samples))]
        arrays = [([m], n) for m, n in zip(models, samples)]
        results = [(None, FitRes(Status(Code.OK, ""), ndarrays_to_parameters([m]), n, {})) for m, n in zip(models, samples)]
        records = [RecordDict({"model": ArrayRecord([m]), "metrics": MetricRecord({"n": float(n)})}) for m, n in zip(models, samples)]
        self.functions = {
            "aggregate": lambda: aggregate(arrays)[0],
            "aggregate_inplace": lambda: aggregate_inplace(results)[0],
            "aggregate_arrayrecords": lambda: next(iter(aggregate_arrayrecords(records, "n").values())).numpy(),
        }
        self.objects = [o.deflate() for r in records for o in get_all_nested_objects(r).values()]

    def aggregate(self, into):
        best = None
        for name, function in self.functions.items():
            seconds, result = timed(function)
            if into:
                np.asarray(result, dtype="<f4").tofile(f"{into}/{name}")
            if best is None or seconds < best[0]:
                best = seconds, name
        return {"seconds": best[0], "function": best[1]}

    def ingest(self):
        """The checks of the object store before it stores a received object."""

        def take():
            for content in self.objects:
                get_object_id(content)
                validate_object_content(content)

        return {"seconds": timed(take)[0], "function": "ObjectStore.put"}


def main():
    print(json.dumps({"version": flwr.__version__, "numpy": np.__version__}), flush=True)
    now = None
    for line in sys.stdin:
        q = json.loads(line)
        a = {}
        try:
            if q["ask"] == "load":
                now = Round(q["folder"], q["samples"])
            elif q["ask"] == "aggregate":
                a = now.aggregate(q.get("folder"))
            elif q["ask"] == "ingest":
                a = now.ingest()
        except Exception as e:  # the other side reports it
            a = {"error": f"{q['ask']}: {e!r}"}
        print(json.dumps(a), flush=True)


main()
