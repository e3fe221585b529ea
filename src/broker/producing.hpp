// What one Produce request asks for, and what becomes of each of its batches: which are refused,
// which are to be appended, and the answer. The sequence in time is handle_produce's.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/types.hpp"
#include "broker/batch_work.hpp"
#include "broker/request.hpp"
#include "broker/services.hpp"
#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "io/task.hpp"
#include "record/validate.hpp"
#include "replica/acks.hpp"
#include "replica/manager.hpp"
#include "wire/messages/produce.hpp"

namespace cambium::broker {

using AnsweredBatch = wire::ProduceResponse::Topic::Partition;

// A batch that nothing was found against.
struct Appending {
    BatchJob job;  // its batch looks into the frame, which is gone once everything is staged
    Uuid topic;
    PartitionIndex index;
    replica::Partition* partition = nullptr;
    AnsweredBatch* answered = nullptr;
    bool decided = false;  // else its job is for a worker
    record::Validated validated;
    Buffer converted;
    int32_t records = 0;
    int64_t size = 0;  // as it is stored

    // Called while there is a frame.
    [[nodiscard]] ByteView bytes() const {
        return converted.empty() ? job.batch : converted.view();
    }
};

class Producing {
public:
    Producing(Services& services, Request& request, const wire::ProduceRequest& asked)
        : services_(services), request_(request), asked_(asked) {}

    // Looks at every batch, as far as the loop does that itself, and fills the answers of what is
    // refused. What is left is to be appended.
    void check_all();
    // Some batches need a worker before they can be appended.
    [[nodiscard]] bool undecided() const;
    // Decides these.
    io::Task<void> decide();
    // The request has waited: partitions may be gone.
    void find_again();
    // Makes the batches say what they say in the log, whose clock their timestamps are among it.
    void settle_timestamps();
    [[nodiscard]] const std::vector<Appending>& appendings() const { return appendings_; }
    // Everything is staged: nobody looks at the batches any more.
    void drop_batches();
    void settle(const replica::Acks& acks);
    // Nothing was appended after all.
    void refuse_all(Errc code);
    [[nodiscard]] bool failed() const;
    [[nodiscard]] Reply reply();

private:
    using Topic = wire::ProduceRequest::Topic;

    void check_topic(const Topic& topic, wire::ProduceResponse::Topic& answered);
    [[nodiscard]] Errc refusal(const replica::LocalTopic* local) const;
    [[nodiscard]] bool transactional() const;
    void tell_start(const Appending& appending) const;
    void check_batch(const Topic::Partition& asked, const replica::LocalTopic& local,
                     AnsweredBatch& answered);
    // False: it is refused.
    [[nodiscard]] bool take(Appending& appending, BatchVerdict verdict) const;
    void refuse(AnsweredBatch& answered, Errc code) const;
    void refuse(AnsweredBatch& answered, record::Validated validated) const;
    [[nodiscard]] record::ProduceRules rules(const replica::TopicSettings& settings) const;

    Services& services_;
    Request& request_;
    const wire::ProduceRequest& asked_;
    wire::ProduceResponse response_;
    std::vector<Appending> appendings_;
    size_t at_once_left_ = request_at_once_bytes;
    bool foreign_ = false;  // records of a transaction, without the id of one
    int64_t charged_ = 0;   // to BatchWork::converted
};

}  // namespace cambium::broker
