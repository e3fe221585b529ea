// Judging a batch that was produced, and storing it with the codec that its topic asks for: at once
// when it is small, on a worker when it is not, so that one large batch holds nobody up.
//
// How large a compressed batch is cannot be told before it is decompressed. So the loop tries, and
// leaves undecided what takes too long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "broker/budget.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "bytes/compression.hpp"
#include "io/task.hpp"
#include "io/work.hpp"
#include "record/convert.hpp"
#include "record/validate.hpp"

namespace cambium::broker {

// What the loop does itself: of one batch, once decompressed; of all batches of a request, received
// and decompressed; and of a batch that is stored with another codec.
inline constexpr size_t batch_at_once_bytes = size_t{256} << 10;
inline constexpr size_t request_at_once_bytes = size_t{2} << 20;
inline constexpr size_t conversion_at_once_bytes = size_t{4} << 10;

struct BatchJob {
    ByteView batch;  // stays until the job is done
    record::ProduceRules rules;
    std::optional<record::Conversion> conversion;  // none: stored as it was sent
    // What was found already: then only the conversion is left.
    std::optional<record::Validated> validated;
};

struct BatchVerdict {
    record::Validated validated;
    Buffer converted;  // empty: as it was sent
};

// The whole job, however long it takes.
[[nodiscard]] BatchVerdict do_job(const BatchJob& job, Decompressor& decompressor);

// As much of it as the loop does. `left`: of request_at_once_bytes. False: the rest of the job is
// for a worker.
[[nodiscard]] bool do_at_once(BatchJob& job, size_t& left, Decompressor& decompressor,
                              BatchVerdict& verdict);

// Jobs on workers, and the memory of what comes out of them. One loop; it outlives every job.
class BatchWork {
public:
    BatchWork(io::Work& work, int64_t converted_bytes_max)
        : converted("converted batches", converted_bytes_max), work_(work) {}

    io::Task<BatchVerdict> run(const BatchJob* job);

    // Batches that are stored with another codec, from before their job until they are staged. A
    // request takes all that it needs at once, when it is its turn and not before: otherwise two
    // could wait for each other.
    Budget converted;

private:
    // Workers also sync and read: jobs leave them some.
    static constexpr int64_t jobs_max = 1;

    io::Work& work_;
    Budget jobs_{"batch jobs", jobs_max};
};

}  // namespace cambium::broker
