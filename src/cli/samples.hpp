// The sample data of the quick start: flights (events) and airports (a table), loaded into topics.
//
// Loading may be stopped anywhere and started again: every partition gets its records in the order
// of the file, so what it holds already is a prefix of what belongs to it, and loading goes on
// after that.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "cli/input.hpp"
#include "client/client.hpp"
#include "io/disk.hpp"
#include "io/task.hpp"

namespace cambium::cli {

struct Samples {
    std::unique_ptr<RecordInput> flights;   // keyed by origin
    std::unique_ptr<RecordInput> airports;  // keyed by iata
};

// Reads DIR/flights*.json (the first by name) and DIR/airports.csv. Errors name the file.
io::Task<Result<Samples>> read_samples(io::Disk* disk, std::string directory);

struct Loaded {
    int64_t records = 0;  // of the file
    int64_t added = 0;    // now; 0 when the topic held them already
};

// Makes the topic unless it is there and brings it to hold all records of `input`.
io::Task<Result<Loaded>> load_sample(client::Client* client, std::string topic, RecordInput* input);

}  // namespace cambium::cli
