// What a client must be told so that it sends and fetches: just enough of the protocol for
// librdkafka and our own client, for one node and topics of any name.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bytes/buffer.hpp"
#include "bytes/bytes.hpp"
#include "wire/header.hpp"

namespace cambium::floor {

struct AnswerOptions {
    std::string host = "127.0.0.1";
    uint16_t port = 0;
    int32_t partitions = 1;
    // Of the records that a fetch is answered with, and of a batch of them.
    int64_t record_bytes = 1024;
    int64_t batch_bytes = 1'000'000;
};

class Answers {
public:
    // Takes the records of one partition and returns their base offset.
    using Append = std::function<int64_t(int32_t partition, ByteView records)>;

    // Without `append` records are not looked at, and fetches are answered from memory, without
    // end.
    Answers(AnswerOptions options, Append append);

    // Appends the answer to a whole frame. False: the client asked for what is not spoken here.
    bool answer(ByteView frame, Buffer& out);

private:
    bool api_versions(const wire::Request& request, Buffer& out) const;
    bool metadata(const wire::Request& request, Buffer& out) const;
    bool produce(const wire::Request& request, Buffer& out);
    bool fetch(const wire::Request& request, Buffer& out);
    bool list_offsets(const wire::Request& request, Buffer& out) const;
    bool init_producer_id(const wire::Request& request, Buffer& out);

    AnswerOptions options_;
    Append append_;
    Buffer canned_;  // one batch
    int32_t canned_records_ = 0;
    int64_t producers_ = 0;
    std::map<std::pair<std::string, int32_t>, int64_t> sent_;  // records of each partition
};

}  // namespace cambium::floor
