"""A police-records API that keeps its contract, and breaks it in one chosen way on demand."""
