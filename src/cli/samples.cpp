#include "cli/samples.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "client/admin.hpp"
#include "client/producer.hpp"
#include "wire/messages/list_offsets.hpp"

namespace cambium::cli {
namespace {

// Counts deliveries, keeps the first failure.
class Tally : public client::DeliveryListener {
public:
    void delivered(uint64_t, const Result<client::Delivered>& result) override {
        if (result.ok()) ++count_;
        else if (status_.ok()) status_ = result.error();
    }
    [[nodiscard]] int64_t count() const { return count_; }
    [[nodiscard]] const Status& status() const { return status_; }

private:
    int64_t count_ = 0;
    Status status_;
};

io::Task<Result<std::string>> read_file(io::Disk* disk, std::string path) {
    Result<io::FileRef> file = co_await disk->open(path, io::OpenMode::read);
    if (!file.ok()) co_return Error{file.code(), path};
    FileSource source(std::move(file.value()));
    Result<std::string> text = co_await read_whole(&source);
    if (!text.ok()) co_return Error{text.code(), path};
    co_return text;
}

Error in_file(const Error& error, const std::string& path) {
    return {error.code, path + ": " + error.context};
}

// How many records each partition was given so far: its next offset.
io::Task<Result<std::vector<int64_t>>> held_by(client::Admin* admin, std::string topic) {
    const Result<client::TopicInfo> info = co_await admin->describe_topic(topic);
    if (!info.ok()) co_return info.error();
    std::vector<client::OffsetQuery> queries;
    queries.reserve(info->partitions.size());
    for (size_t i = 0; i < info->partitions.size(); ++i)
        queries.push_back(
            {{topic, PartitionIndex(static_cast<int32_t>(i))}, wire::list_offsets::latest});
    const auto answers = co_await admin->list_offsets(std::move(queries));
    if (!answers.ok()) co_return answers.error();
    std::vector<int64_t> held;
    for (const client::OffsetAnswer& answer : *answers) held.push_back(answer.offset.value());
    co_return held;
}

struct Loading {
    std::string topic;
    RecordInput* input;
    client::Producer* producer;
    Tally* tally;
    std::vector<int64_t> held;  // what is left to skip, by partition
};

io::Task<Result<int64_t>> send_missing(Loading* loading) {
    const auto count = static_cast<int32_t>(loading->held.size());
    for (int64_t records = 0;; ++records) {
        const Result<std::optional<InputRecord>> next = co_await loading->input->next();
        if (!next.ok()) co_return next.error();
        if (!next->has_value()) co_return records;
        const ByteView key = as_bytes((*next)->key.value_or(""));
        const PartitionIndex partition = client::partition_of_key(key, count);
        int64_t& held = loading->held[static_cast<size_t>(partition.value())];
        if (held > 0) {
            --held;
            continue;
        }
        const client::Outgoing record{.topic = loading->topic,
                                      .partition = partition,
                                      .key = key,
                                      .value = as_bytes((*next)->value.value_or(""))};
        const Status sent = co_await loading->producer->send(record, {loading->tally, 0});
        if (!sent.ok()) co_return sent.error();
        if (!loading->tally->status().ok()) co_return loading->tally->status().error();
    }
}

}  // namespace

io::Task<Result<Samples>> read_samples(io::Disk* disk, std::string directory) {
    const Result<std::vector<io::DirectoryEntry>> entries = co_await disk->list(directory);
    if (!entries.ok()) co_return Error{entries.code(), directory};
    const auto flights = std::ranges::find_if(*entries, [](const io::DirectoryEntry& entry) {
        return entry.name.starts_with("flights") && entry.name.ends_with(".json");
    });
    if (flights == entries->end()) co_return Error{Errc::not_found, directory + "/flights*.json"};
    const std::string flights_path = directory + "/" + flights->name;
    const std::string airports_path = directory + "/airports.csv";
    Result<std::string> flights_text = co_await read_file(disk, flights_path);
    if (!flights_text.ok()) co_return flights_text.error();
    const Result<std::string> airports_text = co_await read_file(disk, airports_path);
    if (!airports_text.ok()) co_return airports_text.error();
    Result<std::unique_ptr<JsonInput>> json =
        JsonInput::open(std::move(flights_text.value()), "origin");
    if (!json.ok()) co_return in_file(json.error(), flights_path);
    Result<std::unique_ptr<CsvInput>> csv = CsvInput::open(*airports_text, "iata");
    if (!csv.ok()) co_return in_file(csv.error(), airports_path);
    co_return Samples{std::move(json.value()), std::move(csv.value())};
}

io::Task<Result<Loaded>> load_sample(client::Client* client, std::string topic,
                                     RecordInput* input) {
    client::Admin admin(*client);
    const client::NewTopic fresh{.name = topic};
    const Result<client::CreatedTopic> created = co_await admin.create_topic(fresh);
    if (!created.ok() && created.code() != Errc::topic_already_exists) co_return created.error();
    Result<std::vector<int64_t>> held = co_await held_by(&admin, topic);
    if (!held.ok()) co_return held.error();
    client::Producer producer(*client, {});
    Tally tally;
    Loading loading{topic, input, &producer, &tally, std::move(held.value())};
    const Result<int64_t> records = co_await send_missing(&loading);
    co_await producer.flush();
    co_await producer.close();
    if (!records.ok()) co_return records.error();
    if (!tally.status().ok()) co_return tally.status().error();
    co_return Loaded{*records, tally.count()};
}

}  // namespace cambium::cli
