#include "answers.hpp"

#include <cstdlib>
#include <limits>

#include "record/batch.hpp"
#include "record/builder.hpp"
#include "wire/messages/api_versions.hpp"
#include "wire/messages/fetch.hpp"
#include "wire/messages/init_producer_id.hpp"
#include "wire/messages/list_offsets.hpp"
#include "wire/messages/metadata.hpp"
#include "wire/messages/produce.hpp"

namespace cambium::floor {

namespace {

using wire::ApiKey;

struct Spoken {
    ApiKey api;
    int16_t first;
    int16_t last;
};
// Versions in which topics have names.
constexpr Spoken spoken[] = {{ApiKey::produce, 0, 9},      {ApiKey::fetch, 4, 12},
                             {ApiKey::list_offsets, 1, 7}, {ApiKey::metadata, 0, 12},
                             {ApiKey::api_versions, 0, 3}, {ApiKey::init_producer_id, 0, 4}};

constexpr int64_t endless = std::numeric_limits<int64_t>::max() / 2;
constexpr size_t frame_memory = size_t{16} << 20;

template <class M> bool send(const wire::Request& request, const M& message, Buffer& out) {
    return wire::encode_response(message, request.header.version, request.header.correlation_id,
                                 out)
        .ok();
}

template <class M> Result<M> read(const wire::Request& request) {
    return wire::decode<M>(request.body, request.header.version, frame_memory);
}

Buffer batch_of(int64_t record_bytes, int64_t batch_bytes, int32_t* records) {
    record::BatchBuilder builder;
    const std::string value(static_cast<size_t>(record_bytes), 'v');
    record::NewRecord record;
    record.timestamp = Timestamp(1);
    record.value = as_bytes(value);
    while (builder.empty() || static_cast<int64_t>(builder.size()) + record_bytes < batch_bytes)
        if (!builder.append(record).ok()) std::abort();
    *records = builder.record_count();
    return std::move(*builder.finish());
}

}  // namespace

Answers::Answers(AnswerOptions options, Append append)
    : options_(std::move(options)), append_(std::move(append)) {
    if (!append_) canned_ = batch_of(options_.record_bytes, options_.batch_bytes, &canned_records_);
}

bool Answers::answer(ByteView frame, Buffer& out) {
    const Result<wire::Request> request = wire::parse_request(frame);
    if (!request.ok()) return false;
    switch (request->header.api) {
        case ApiKey::produce: return produce(*request, out);
        case ApiKey::fetch: return fetch(*request, out);
        case ApiKey::list_offsets: return list_offsets(*request, out);
        case ApiKey::metadata: return metadata(*request, out);
        case ApiKey::api_versions: return api_versions(*request, out);
        case ApiKey::init_producer_id: return init_producer_id(*request, out);
        default: return false;
    }
}

bool Answers::api_versions(const wire::Request& request, Buffer& out) const {
    wire::ApiVersionsResponse response;
    for (const Spoken& each : spoken)
        response.api_keys.push_back({static_cast<int16_t>(each.api), each.first, each.last});
    if (request.header.version <= 3) return send(request, response, out);
    response.error_code = wire_code(Errc::unsupported_version);
    return wire::encode_response(response, 0, request.header.correlation_id, out).ok();
}

bool Answers::metadata(const wire::Request& request, Buffer& out) const {
    const auto asked = read<wire::MetadataRequest>(request);
    if (!asked.ok()) return false;
    wire::MetadataResponse response;
    response.brokers.push_back({0, options_.host, options_.port, {}});
    response.cluster_id = "floor";
    response.controller_id = 0;
    if (asked->topics)
        for (const auto& topic : *asked->topics) {
            auto& told = response.topics.emplace_back();
            told.name = topic.name;
            for (int32_t i = 0; i < options_.partitions; ++i)
                told.partitions.push_back({0, i, 0, 0, {0}, {0}, {}});
        }
    return send(request, response, out);
}

bool Answers::produce(const wire::Request& request, Buffer& out) {
    const auto asked = read<wire::ProduceRequest>(request);
    if (!asked.ok()) return false;
    wire::ProduceResponse response;
    for (const auto& topic : asked->topic_data) {
        auto& told = response.responses.emplace_back();
        told.name = topic.name;
        for (const auto& partition : topic.partition_data) {
            auto& answered = told.partition_responses.emplace_back();
            answered.index = partition.index;
            if (!partition.records) continue;
            const ByteView records = partition.records->bytes;
            if (append_) {
                answered.base_offset = append_(partition.index, records);
                continue;
            }
            int64_t& next = sent_[{told.name, partition.index}];
            answered.base_offset = next;
            next += record::HeaderView(records).record_count();
        }
    }
    return asked->acks == 0 || send(request, response, out);
}

bool Answers::fetch(const wire::Request& request, Buffer& out) {
    const auto asked = read<wire::FetchRequest>(request);
    if (!asked.ok() || append_) return false;
    wire::FetchedResponse response;
    std::vector<Buffer> batches;
    for (const auto& topic : asked->topics) {
        auto& told = response.responses.emplace_back();
        told.topic = topic.topic;
        batches.reserve(batches.size() + topic.partitions.size());
        for (const auto& partition : topic.partitions) {
            auto& answered = told.partitions.emplace_back();
            answered.partition_index = partition.partition;
            answered.high_watermark = answered.last_stable_offset = endless;
            answered.log_start_offset = 0;
            const int64_t base = partition.fetch_offset - partition.fetch_offset % canned_records_;
            record::patch(canned_.mutable_view(), Offset(base), LeaderEpoch(0));
            answered.records = wire::RecordsView{canned_.view()};
            // Every partition has other offsets, and is encoded after the loop.
            if (topic.partitions.size() + asked->topics.size() > 2) {
                batches.push_back(Buffer::copy_of(canned_.view()));
                answered.records = wire::RecordsView{batches.back().view()};
            }
        }
    }
    return send(request, response, out);
}

bool Answers::list_offsets(const wire::Request& request, Buffer& out) const {
    const auto asked = read<wire::ListOffsetsRequest>(request);
    if (!asked.ok()) return false;
    wire::ListOffsetsResponse response;
    for (const auto& topic : asked->topics) {
        auto& told = response.topics.emplace_back();
        told.name = topic.name;
        for (const auto& partition : topic.partitions) {
            auto& answered = told.partitions.emplace_back();
            answered.partition_index = partition.partition_index;
            answered.offset = partition.timestamp == wire::list_offsets::latest ? endless : 0;
        }
    }
    return send(request, response, out);
}

bool Answers::init_producer_id(const wire::Request& request, Buffer& out) {
    wire::InitProducerIdResponse response;
    response.producer_id = ++producers_;
    return send(request, response, out);
}

}  // namespace cambium::floor
