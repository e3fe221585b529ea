#include "server_clients.hpp"

#include <array>
#include <chrono>
#include <utility>

#include "payload.hpp"

namespace cambium::history {

using std::chrono::milliseconds;
using std::chrono::seconds;

client::ClientOptions client_options(io::Address server, io::Random& random) {
    client::ClientOptions options;
    options.bootstrap = {std::move(server)};
    options.request_timeout = seconds(random.between(2, 20));
    options.operation_timeout = seconds(600);
    options.backoff = {milliseconds(random.between(1, 50)), milliseconds(random.between(50, 1000))};
    return options;
}

namespace {

client::ProducerOptions producer_options(const ServerClient::Options& options) {
    client::ProducerOptions out;
    out.codec = options.codec;
    out.acks = options.acks;
    out.idempotent = options.idempotent;
    out.create_topics = false;
    out.batch_bytes = 2048;
    out.request_bytes_max = 8192;
    out.memory_bytes = 64 * 1024;
    out.linger = options.linger;
    out.delivery_timeout = seconds(600);
    return out;
}

client::ConsumerOptions consumer_options(const ServerClient::Options& options) {
    client::ConsumerOptions out;
    out.bytes_max = options.fetch_bytes_max;
    out.partition_bytes_max = options.fetch_bytes_max;
    out.offset_reset =
        options.records_go ? client::OffsetReset::beginning : client::OffsetReset::fail;
    return out;
}

}  // namespace

std::optional<std::string> wrong_time(const client::ConsumedRecord& record,
                                      const KnownTopic& topic) {
    record::HeaderIterator headers(record.raw);
    const auto made = headers.next();
    const auto none = headers.next();
    if (!made || made->key != made_header || !made->value || !none || none->key != "none" ||
        none->value || headers.next())
        return "a record has lost its headers";
    const std::string time(as_text(*made->value));
    if (topic.log_append_time || time == std::to_string(record.timestamp.value()))
        return std::nullopt;
    return "a record made at " + time + " says " + std::to_string(record.timestamp.value());
}

ServerClient::ServerClient(sim::Node& node, io::Address server, Options options, Ledger* ledger,
                           io::Random random, Complaint complain, Delivery delivery)
    : node_(node),
      options_(options),
      ledger_(ledger),
      random_(random),
      complain_(std::move(complain)),
      delivery_(std::move(delivery)),
      client_(node.world(), client_options(std::move(server), random_)),
      producer_(client_, producer_options(options)),
      consumer_(client_, consumer_options(options)) {}

void ServerClient::start(std::vector<KnownTopic> topics) {
    topics_ = std::move(topics);
    for (const KnownTopic& topic : topics_) {
        for (int32_t i = 0; i < topic.partitions; ++i) {
            consumer_.assign({topic.name, PartitionIndex(i)}, client::Start::beginning());
        }
    }
    io::spawn(gate_, produce());
    io::spawn(gate_, consume());
}

io::Task<void> ServerClient::pause(io::Duration time) {
    io::Alarm alarm(node_.world().timers);
    (void)co_await alarm.sleep_until(node_.world().clock.now() + time);
}

io::Task<void> ServerClient::produce() {
    while (producing_ && !closing_) {
        const int64_t burst = random_.between(1, options_.burst_max);
        for (int64_t i = 0; i < burst && producing_ && !closing_; ++i) {
            sending_ = true;
            co_await send_one();
            sending_ = false;
        }
        co_await pause(io::Duration(random_.between(0, options_.pause_max.count())));
    }
}

io::Task<void> ServerClient::send_one() {
    const KnownTopic& topic = topics_[random_.below(topics_.size())];
    const PartitionIndex partition(
        static_cast<int32_t>(random_.below(static_cast<uint64_t>(topic.partitions))));
    const Sent sent{{topic.id, partition}, {options_.number, next_number_++}};
    const Payload payload = make_payload(sent.name, random_, options_.value_bytes_max);
    ledger_->sent(sent.partition, sent.name,
                  payload_hash(as_bytes(payload.key), as_bytes(payload.value)),
                  options_.idempotent);
    const uint64_t tag = next_tag_++;
    sent_[tag] = sent;
    ++unanswered_;
    client::Outgoing record;
    record.topic = topic.name;
    record.partition = partition;
    record.key = as_bytes(payload.key);
    record.value = as_bytes(payload.value);
    // Not always that of the send, and out of order.
    record.timestamp = node_.world().clock.wall() - random_.between(0, 1000);
    const std::string made = std::to_string(record.timestamp->value());
    const std::array<record::HeaderEntry, 2> headers{
        record::HeaderEntry{made_header, as_bytes(made)}, record::HeaderEntry{"none", {}}};
    record.headers = headers;
    const Status taken = co_await producer_.send(record, {this, tag});
    if (taken.ok()) co_return;
    sent_.erase(tag);
    --unanswered_;
}

void ServerClient::delivered(uint64_t tag, const Result<client::Delivered>& result) {
    const auto found = sent_.find(tag);
    if (found == sent_.end()) return complain_("client", "a record was answered twice");
    const Sent sent = found->second;
    sent_.erase(found);
    --unanswered_;
    if (!result.ok()) {
        // Its fate is unknown, unless nothing but the producer's own mistake explains the answer.
        if (result.code() == Errc::out_of_order_sequence_number ||
            result.code() == Errc::invalid_producer_epoch) {
            complain_("4 send order", "a record in sequence was refused: " + result.error().text());
        }
        return;
    }
    ++delivered_;
    if (result->offset.value() < 0) return;  // acks=0
    delivery_(sent.partition, result->offset);
    ledger_->acked(sent.partition, sent.name, result->offset);
}

io::Task<void> ServerClient::consume() {
    while (!closing_) {
        const Result<bool> some = co_await consumer_.poll(milliseconds(200));
        if (!some.ok()) {
            if (!closing_)
                complain_("1 exposed stays", "a reader was refused: " + some.error().text());
            co_return;
        }
        while (!closing_) {
            const Result<std::optional<client::ConsumedRecord>> record = consumer_.next();
            if (!record.ok()) {
                complain_("1 exposed stays",
                          "what a reader was sent is wrong: " + record.error().text());
                co_return;
            }
            if (!record->has_value()) break;
            take(**record);
        }
    }
}

void ServerClient::take(const client::ConsumedRecord& record) {
    const ByteView value = record.value.value_or(ByteView{});
    const auto name = name_in(value);
    if (!name) return complain_("3 no phantom", "a value that nobody sent was read");
    for (const KnownTopic& topic : topics_) {
        if (topic.name != record.partition->topic) continue;
        if (auto wrong = wrong_time(record, topic)) complain_("3 no phantom", std::move(*wrong));
        ledger_->seen({topic.id, record.partition->partition},
                      {record.offset, *name, payload_hash(record.key.value_or(ByteView{}), value)});
    }
}

io::Task<void> ServerClient::close() {
    closing_ = true;
    co_await consumer_.close();
    co_await producer_.close();
    co_await gate_.close();
    co_await client_.close();
}

}  // namespace cambium::history
