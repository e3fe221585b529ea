#include "client/model_broker_test.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "bytes/cursor.hpp"
#include "record/batch.hpp"
#include "record/record.hpp"
#include "wire/messages/api_versions.hpp"
#include "wire/messages/init_producer_id.hpp"

namespace cambium::client {

Result<Offset> ModelPartition::append(ByteView bytes) {
    const Result<record::BatchView> parsed = record::parse_batch(bytes);
    if (!parsed.ok() || !parsed->checksum_ok()) return Errc::corrupt_message;
    if (parsed->has_producer_id()) {
        const int64_t id = parsed->producer_id().value();
        const auto known = producers.find(id);
        const int32_t sequence = parsed->base_sequence();
        if (known == producers.end() && sequence != 0) return Errc::out_of_order_sequence_number;
        Producer& producer = producers[id];
        for (const auto& [first, offset] : producer.recent)
            if (first == sequence) return offset;
        if (sequence != producer.next_sequence) return Errc::out_of_order_sequence_number;
        producer.next_sequence = sequence + parsed->record_count();
        producer.recent.emplace_back(sequence, end);
        if (producer.recent.size() > 5) producer.recent.pop_front();
    }
    Buffer stored = Buffer::copy_of(bytes);
    record::patch(stored.mutable_view(), end, LeaderEpoch(0));
    const Offset base = end;
    end = record::BatchView(stored.view()).next_offset();
    batches.push_back(std::move(stored));
    return base;
}

ModelTopic& ModelCluster::add(const std::string& name, int32_t partitions) {
    ModelTopic& topic = topics[name];
    topic.id.bytes[0] = static_cast<uint8_t>(topics.size());
    topic.id.bytes[15] = 7;
    topic.partitions.resize(static_cast<size_t>(partitions));
    return topic;
}

ModelBroker::ModelBroker(io::World world, ModelCluster& cluster, NodeId id, std::string host)
    : world_(world),
      cluster_(cluster),
      id_(id),
      host_(std::move(host)),
      random_(world.random.split()) {
    cluster_.servers[id_] = {host_, 9092};
}

io::Task<Status> ModelBroker::start() {
    stopping_ = false;
    gate_ = std::make_unique<io::Gate>();
    const io::Address address{host_, 9092};
    Result<std::unique_ptr<io::Listener>> listener = co_await world_.network.listen(address);
    if (!listener.ok()) co_return listener.error();
    listener_ = std::move(listener.value());
    io::spawn(*gate_, accept_loop());
    co_return Status();
}

io::Task<void> ModelBroker::stop() {
    stopping_ = true;
    listener_->close();
    for (auto at = streams_.begin(); at != streams_.end();) (*at++)->close();
    co_await gate_->close();
    listener_.reset();
}

io::Task<void> ModelBroker::accept_loop() {
    while (true) {
        Result<std::unique_ptr<io::Stream>> stream = co_await listener_->accept();
        if (stream.code() == Errc::cancelled) break;
        if (stream.ok()) io::spawn(*gate_, serve(std::move(stream.value())));
    }
}

io::Task<void> ModelBroker::serve(std::unique_ptr<io::Stream> stream) {
    if (stopping_) co_return;
    const auto place = streams_.insert(streams_.end(), stream.get());
    bool open = true;
    while (open) {
        Result<Buffer> frame = co_await receive(stream.get());
        open = frame.ok();
        if (open) open = co_await answer(stream.get(), std::move(frame.value()));
    }
    stream->close();
    streams_.erase(place);
}

io::Task<Result<Buffer>> ModelBroker::receive(io::Stream* stream) {
    Buffer frame;
    size_t wanted = 4;
    while (frame.size() < wanted) {
        const size_t had = frame.size();
        frame.resize(wanted);
        const Result<size_t> got = stream->read(frame.mutable_view().subspan(had));
        frame.resize(had + (got.ok() ? *got : 0));
        if (got.code() == Errc::would_block) {
            const Status ready = co_await stream->readable();
            if (!ready.ok()) co_return ready.error();
        } else if (!got.ok()) {
            co_return got.error();
        }
        if (wanted == 4 && frame.size() == 4)
            wanted += static_cast<size_t>(load_big<int32_t>(frame.data()));
    }
    co_return std::move(frame);
}

io::Task<bool> ModelBroker::answer(io::Stream* stream, Buffer frame) {
    const Result<wire::Request> request = wire::parse_request(frame.view().subspan(4));
    if (!request.ok()) co_return false;
    const wire::ApiKey api = request->header.api;
    ++served[api];
    versions[api] = request->header.version;
    const bool produces = api == wire::ApiKey::produce;
    if (produces && random_.chance(lose_request)) co_return false;
    Buffer out;
    const Status done = carry_out(*request, out);
    if (!done.ok() || (produces && random_.chance(lose_answer))) co_return false;
    if (ignore && ignore(api)) co_return true;
    ByteView left = out.view();
    while (!left.empty()) {
        const Result<size_t> wrote = stream->writev({&left, 1});
        if (wrote.code() == Errc::would_block) {
            const Status ready = co_await stream->writable();
            if (!ready.ok()) co_return false;
        } else if (!wrote.ok()) {
            co_return false;
        } else {
            left = left.subspan(*wrote);
        }
    }
    co_return true;
}

Errc ModelBroker::refusal(wire::ApiKey api, const TopicPartition& partition) const {
    return refuse ? refuse(api, partition) : Errc::none;
}

int16_t ModelBroker::highest(wire::ApiKey api) const {
    const auto found = version_max.find(api);
    return found != version_max.end() ? found->second
                                      : static_cast<int16_t>(wire::info(api).versions.last);
}

Status ModelBroker::api_versions(const wire::Request& request, Buffer& out) {
    wire::ApiVersionsResponse response;
    int16_t version = request.header.version;
    if (version > highest(wire::ApiKey::api_versions)) {
        version = 0;
        response.error_code = wire_code(Errc::unsupported_version);
    }
    for (const wire::ApiInfo& info : wire::apis) {
        if (highest(info.key) < 0) continue;
        response.api_keys.push_back({static_cast<int16_t>(info.key),
                                     static_cast<int16_t>(info.versions.first), highest(info.key)});
    }
    return wire::encode_response(response, version, request.header.correlation_id, out);
}

Status ModelBroker::carry_out(const wire::Request& request, Buffer& out) {
    const int16_t version = request.header.version;
    const int32_t number = request.header.correlation_id;
    const auto handle = [&]<class Request>(auto answer) -> Status {
        const Result<Request> message = wire::decode<Request>(request.body, version);
        if (!message.ok()) return message.error();
        return wire::encode_response(answer(*message), version, number, out);
    };
    std::list<Buffer> records;
    switch (request.header.api) {
        case wire::ApiKey::api_versions: return api_versions(request, out);
        case wire::ApiKey::metadata:
            return handle.operator()<wire::MetadataRequest>([&](auto& m) { return metadata(m); });
        case wire::ApiKey::produce: {
            const auto message = wire::decode<wire::ProduceRequest>(request.body, version);
            if (!message.ok()) return message.error();
            const wire::ProduceResponse response = produce(*message);
            if (message->acks == 0) return {};
            return wire::encode_response(response, version, number, out);
        }
        case wire::ApiKey::fetch:
            return handle.operator()<wire::FetchRequest>(
                [&](auto& m) { return fetch(m, records); });
        case wire::ApiKey::list_offsets:
            return handle.operator()<wire::ListOffsetsRequest>(
                [&](auto& m) { return list_offsets(m); });
        case wire::ApiKey::create_topics:
            return handle.operator()<wire::CreateTopicsRequest>([&](auto& m) { return create(m); });
        case wire::ApiKey::delete_topics:
            return handle.operator()<wire::DeleteTopicsRequest>([&](auto& m) { return remove(m); });
        case wire::ApiKey::init_producer_id:
            return handle.operator()<wire::InitProducerIdRequest>([&](auto&) {
                wire::InitProducerIdResponse response;
                response.error_code = wire_code(refusal(wire::ApiKey::init_producer_id, {}));
                response.producer_id = cluster_.next_producer_id++;
                return response;
            });
        default: return Errc::unsupported_version;
    }
}

wire::MetadataResponse ModelBroker::metadata(const wire::MetadataRequest& request) {
    wire::MetadataResponse response;
    for (const auto& [id, address] : cluster_.servers)
        response.brokers.push_back({id.value(), address.host, address.port, {}});
    response.controller_id = id_.value();
    response.cluster_id = "model";
    const auto describe = [&](const std::string& name) {
        auto& out = response.topics.emplace_back();
        out.name = name;
        const auto found = cluster_.topics.find(name);
        if (found == cluster_.topics.end()) {
            out.error_code = wire_code(Errc::unknown_topic_or_partition);
            if (cluster_.auto_create && request.allow_auto_topic_creation)
                cluster_.add(name, cluster_.default_partitions);
            return;
        }
        out.topic_id = found->second.id;
        for (const ModelPartition& partition : found->second.partitions) {
            auto& each = out.partitions.emplace_back();
            each.partition_index = static_cast<int32_t>(out.partitions.size()) - 1;
            each.leader_id = partition.leader.value();
            each.leader_epoch = 0;
        }
    };
    if (request.topics.has_value())
        for (const auto& asked : *request.topics) describe(asked.name.value_or(""));
    else
        for (const auto& [name, known] : cluster_.topics) describe(name);
    return response;
}

ModelTopic* ModelBroker::topic(std::string_view name, const Uuid& id, std::string& found_name) {
    for (auto& [known, topic] : cluster_.topics) {
        if (name.empty() ? topic.id == id : known == name) {
            found_name = known;
            return &topic;
        }
    }
    return nullptr;
}

wire::ProduceResponse ModelBroker::produce(const wire::ProduceRequest& request) {
    wire::ProduceResponse response;
    for (const auto& asked : request.topic_data) {
        std::string name;
        ModelTopic* const known = topic(asked.name, asked.topic_id, name);
        auto& out = response.responses.emplace_back();
        out.name = asked.name;
        out.topic_id = asked.topic_id;
        for (const auto& each : asked.partition_data) {
            auto& answer = out.partition_responses.emplace_back();
            answer.index = each.index;
            const auto index = static_cast<size_t>(each.index);
            Result<Offset> offset = Errc::unknown_topic_or_partition;
            if (known != nullptr && index < known->partitions.size()) {
                ModelPartition& partition = known->partitions[index];
                const Errc refused =
                    refusal(wire::ApiKey::produce, {name, PartitionIndex(each.index)});
                if (partition.leader != id_) offset = Errc::not_leader_or_follower;
                else if (refused != Errc::none) offset = refused;
                else offset = partition.append(each.records->bytes);
            }
            answer.error_code = wire_code(offset.code());
            answer.base_offset = offset.ok() ? offset->value() : -1;
        }
    }
    return response;
}

wire::FetchedResponse ModelBroker::fetch(const wire::FetchRequest& request,
                                         std::list<Buffer>& records) {
    wire::FetchedResponse response;
    for (const auto& asked : request.topics) {
        std::string name;
        ModelTopic* const known = topic(asked.topic, asked.topic_id, name);
        auto& out = response.responses.emplace_back();
        out.topic = asked.topic;
        out.topic_id = asked.topic_id;
        for (const auto& each : asked.partitions) {
            auto& answer = out.partitions.emplace_back();
            answer.partition_index = each.partition;
            Buffer& bytes = records.emplace_back();
            const auto index = static_cast<size_t>(each.partition);
            Errc error = Errc::unknown_topic_or_partition;
            if (known != nullptr && index < known->partitions.size()) {
                const ModelPartition& partition = known->partitions[index];
                error = refusal(wire::ApiKey::fetch, {name, PartitionIndex(each.partition)});
                const Offset from(each.fetch_offset);
                if (error == Errc::none && partition.leader != id_)
                    error = Errc::not_leader_or_follower;
                if (error == Errc::none && (from < partition.start || from > partition.end))
                    error = Errc::offset_out_of_range;
                answer.high_watermark = partition.end.value();
                for (const Buffer& batch : partition.batches)
                    if (record::BatchView(batch.view()).next_offset() > from)
                        bytes.append(batch.view());
                // Cut as a server cuts: anywhere, but the first batch is whole.
                const auto limit = static_cast<size_t>(each.partition_max_bytes);
                const auto first = record::BatchIterator(bytes.view()).next();
                if (first.has_value() && bytes.size() > limit)
                    bytes.resize(std::max(limit, first->size()));
            }
            answer.error_code = wire_code(error);
            if (error != Errc::none) bytes.clear();
            answer.records = wire::RecordsView{bytes.view()};
        }
    }
    return response;
}

wire::ListOffsetsResponse ModelBroker::list_offsets(const wire::ListOffsetsRequest& request) {
    wire::ListOffsetsResponse response;
    for (const auto& asked : request.topics) {
        std::string name;
        ModelTopic* const known = topic(asked.name, {}, name);
        auto& out = response.topics.emplace_back();
        out.name = asked.name;
        for (const auto& each : asked.partitions) {
            auto& answer = out.partitions.emplace_back();
            answer.partition_index = each.partition_index;
            const auto index = static_cast<size_t>(each.partition_index);
            if (known == nullptr || index >= known->partitions.size()) {
                answer.error_code = wire_code(Errc::unknown_topic_or_partition);
                continue;
            }
            const ModelPartition& partition = known->partitions[index];
            if (each.timestamp == wire::list_offsets::latest) answer.offset = partition.end.value();
            if (each.timestamp == wire::list_offsets::earliest)
                answer.offset = partition.start.value();
            for (const Buffer& batch : partition.batches) {
                const record::BatchView view(batch.view());
                if (each.timestamp < 0 || answer.offset >= 0) break;
                if (view.max_timestamp().value() >= each.timestamp)
                    answer.offset = view.base_offset().value();
            }
        }
    }
    return response;
}

wire::CreateTopicsResponse ModelBroker::create(const wire::CreateTopicsRequest& request) {
    wire::CreateTopicsResponse response;
    for (const auto& asked : request.topics) {
        auto& out = response.topics.emplace_back();
        out.name = asked.name;
        const Errc refused = refusal(wire::ApiKey::create_topics, {asked.name, {}});
        if (refused != Errc::none || cluster_.topics.contains(asked.name)) {
            out.error_code =
                wire_code(refused != Errc::none ? refused : Errc::topic_already_exists);
            out.error_message = "the model refuses";
            continue;
        }
        const int32_t count =
            asked.num_partitions < 0 ? cluster_.default_partitions : asked.num_partitions;
        out.topic_id = cluster_.add(asked.name, count).id;
        out.num_partitions = count;
        out.replication_factor = 1;
        out.configs.emplace();
    }
    return response;
}

wire::DeleteTopicsResponse ModelBroker::remove(const wire::DeleteTopicsRequest& request) {
    wire::DeleteTopicsResponse response;
    std::vector<std::string> names = request.topic_names;
    for (const auto& asked : request.topics) names.push_back(asked.name.value_or(""));
    for (const std::string& name : names) {
        auto& out = response.responses.emplace_back();
        out.name = name;
        if (cluster_.topics.erase(name) == 0)
            out.error_code = wire_code(Errc::unknown_topic_or_partition);
    }
    return response;
}

}  // namespace cambium::client
