// What the process is to the system: its limits, and its own figures for /metrics.
#pragma once

#include "base/metrics.hpp"
#include "io/clock.hpp"

namespace cambium::node {

// As many open files as the system lets this process have: each log keeps some open.
void raise_file_limit();

// Writes the metrics whose names every Prometheus client library uses for its process.
void write_process_metrics(MetricsWriter& writer, Timestamp started);

}  // namespace cambium::node
