"""All benchmarks, one after another: ``python -m benchmarks`` (``make bench``)."""

from benchmarks import engine, pagination

if __name__ == "__main__":
    engine.main()
    print()
    pagination.main()
