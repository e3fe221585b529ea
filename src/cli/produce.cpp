#include "cli/produce.hpp"

#include <map>
#include <memory>
#include <utility>

#include "cli/input.hpp"
#include "cli/json.hpp"
#include "cli/progress.hpp"
#include "client/producer.hpp"
#include "io/timers.hpp"

namespace cambium::cli {
namespace {

// Counts what became of the records and, with JSON output, tells it in the order they were read.
class Deliveries : public client::DeliveryListener {
public:
    Deliveries(Terminal& terminal, Output output) : terminal_(terminal), output_(output) {}

    void delivered(uint64_t tag, const Result<client::Delivered>& result) override {
        if (result.ok()) ++delivered_;
        else if (++failed_ == 1) first_error_ = result.error();
        if (output_ == Output::json) tell(tag, result);
    }
    [[nodiscard]] int64_t count() const { return delivered_; }
    [[nodiscard]] int64_t failed() const { return failed_; }
    [[nodiscard]] const Error& first_error() const { return first_error_; }

private:
    void tell(uint64_t tag, const Result<client::Delivered>& result) {
        std::string& line = waiting_[tag];
        if (result.ok()) {
            line = "{\"partition\":" + std::to_string(result->partition.value()) +
                   ",\"offset\":" + std::to_string(result->offset.value()) + "}\n";
        } else {
            line = "{\"error\":";
            append_json_string(line, name(result.code()));
            line += "}\n";
        }
        // Records of one partition come back in order; others may be ahead, bounded by the
        // producer's memory.
        for (auto next = waiting_.find(told_); next != waiting_.end();
             next = waiting_.find(told_)) {
            terminal_.write(next->second);
            waiting_.erase(next);
            ++told_;
        }
    }

    Terminal& terminal_;
    Output output_;
    int64_t delivered_ = 0;
    int64_t failed_ = 0;
    Error first_error_{Errc::none, ""};
    std::map<uint64_t, std::string> waiting_;
    uint64_t told_ = 0;
};

client::ProducerOptions producer_options(const ProduceArgs& args) {
    client::ProducerOptions options;
    options.codec = codec_named(args.codec).value_or(Codec::none);
    options.acks = args.acks == "0" ? int16_t{0} : args.acks == "1" ? int16_t{1} : int16_t{-1};
    return options;
}

// The headers of every record; empty when one is not NAME=VALUE.
std::optional<std::vector<record::HeaderEntry>> parsed_headers(
    const std::vector<std::string>& texts) {
    std::vector<record::HeaderEntry> out;
    for (const std::string& text : texts) {
        const size_t equals = text.find('=');
        if (equals == std::string::npos) return std::nullopt;
        const std::string_view all = text;
        out.push_back({all.substr(0, equals), as_bytes(all.substr(equals + 1))});
    }
    return out;
}

io::Task<Result<std::unique_ptr<RecordInput>>> open_input(Session* session, ProduceArgs args) {
    std::unique_ptr<ByteSource> source;
    if (args.file.empty()) {
        source = std::make_unique<TerminalSource>(session->terminal());
    } else {
        Result<io::FileRef> file =
            co_await session->world().disk.open(args.file, io::OpenMode::read);
        if (!file.ok()) co_return Error{file.code(), args.file};
        source = std::make_unique<FileSource>(std::move(file.value()));
    }
    if (args.input == "lines")
        co_return std::make_unique<LineInput>(std::move(source), args.key_separator,
                                              args.null_marker);
    if (args.input == "json") co_return std::make_unique<ObjectInput>(std::move(source));
    Result<std::string> text = co_await read_whole(source.get());
    if (!text.ok()) co_return text.error();
    if (args.input == "csv") {
        Result<std::unique_ptr<CsvInput>> csv = CsvInput::open(*text, args.key_field);
        if (!csv.ok()) co_return csv.error();
        co_return std::move(csv.value());
    }
    Result<std::unique_ptr<JsonInput>> json =
        JsonInput::open(std::move(text.value()), args.key_field);
    if (!json.ok()) co_return json.error();
    co_return std::move(json.value());
}

// Holds records back so that no more than `rate` a second are sent.
class Pace {
public:
    Pace(io::World& world, int64_t rate)
        : world_(world), rate_(rate), began_(world.clock.now()), alarm_(world.timers) {}
    // Until the record after `sent` others is due. What lingers meanwhile goes its way.
    io::Task<Status> due(uint64_t sent) {
        if (rate_ <= 0) co_return Status();
        constexpr double second = 1e9;
        const double wait = static_cast<double>(sent) * second / static_cast<double>(rate_);
        const io::Monotonic when = began_ + io::Duration(static_cast<int64_t>(wait));
        if (when <= world_.clock.now()) co_return Status();
        co_return co_await alarm_.sleep_until(when);
    }

private:
    io::World& world_;
    int64_t rate_;
    io::Monotonic began_;
    io::Alarm alarm_;
};

struct Job {
    const ProduceArgs& args;
    std::vector<record::HeaderEntry> headers;
    RecordInput& input;
    client::Producer& producer;
    Deliveries& deliveries;
    Progress& progress;
    Pace& pace;
    std::vector<record::HeaderEntry> all_headers{};  // of one record, its own ones last
    bool input_failed = false;
};

client::Outgoing outgoing(Job* job, const InputRecord& read) {
    const ProduceArgs& args = job->args;
    client::Outgoing record{.topic = args.topic};
    if (read.value.has_value()) record.value = as_bytes(*read.value);
    if (read.key.has_value()) record.key = as_bytes(*read.key);
    else if (args.key.has_value()) record.key = as_bytes(*args.key);
    job->all_headers = job->headers;
    job->all_headers.insert(job->all_headers.end(), read.headers.begin(), read.headers.end());
    record.headers = job->all_headers;
    record.partition = read.partition;
    if (args.partition >= 0) record.partition = PartitionIndex(args.partition);
    record.timestamp = read.timestamp;
    return record;
}

// Sends until the input ends.
io::Task<Status> send_all(Job* job) {
    for (uint64_t tag = 0;; ++tag) {
        const Result<std::optional<InputRecord>> next = co_await job->input.next();
        if (!next.ok()) {
            job->input_failed = true;
            co_return next.error();
        }
        if (!next->has_value()) co_return Status();
        const Status due = co_await job->pace.due(tag);
        if (!due.ok()) co_return due;
        const client::Outgoing record = outgoing(job, **next);
        const Status sent = co_await job->producer.send(record, {&job->deliveries, tag});
        if (!sent.ok()) co_return sent;
        job->progress.count(job->deliveries.count());
        // Nothing more can be lost than what is on its way.
        if (job->deliveries.failed() > 0) co_return Status();
    }
}

Exit outcome(Session& session, const Job& job, const Status& sent) {
    const ProduceArgs& args = job.args;
    const Deliveries& deliveries = job.deliveries;
    const std::string into = "cannot produce to '" + args.topic + "'";
    if (deliveries.failed() > 0) {
        return session.failed(into + ", " + counted(deliveries.failed(), "record") +
                                  " refused and " + grouped(deliveries.count()) + " delivered",
                              deliveries.first_error());
    }
    if (job.input_failed)
        return fail(session.terminal(),
                    "cannot read the input after " + counted(deliveries.count(), "record"),
                    sent.error(), {});
    if (!sent.ok())
        return session.failed(into + " after " + counted(deliveries.count(), "record"),
                              sent.error());
    if (session.terminal().said_to_person())
        session.terminal().say(counted(deliveries.count(), "record") + " into '" + args.topic +
                               "'\n");
    return Exit::ok;
}

io::Task<Exit> produce_all(Session* session, ProduceArgs args) {
    auto headers = parsed_headers(args.headers);
    if (!headers.has_value()) {
        session->terminal().say("cambium: --header wants NAME=VALUE\n");
        co_return Exit::usage;
    }
    Result<std::unique_ptr<RecordInput>> input = co_await open_input(session, args);
    if (!input.ok()) co_return session->failed("cannot read the input", input.error());
    if (args.file.empty() && session->terminal().typed_by_person())
        session->terminal().say("a record a line; Ctrl-D ends\n");
    client::Producer producer(session->client(), producer_options(args));
    Deliveries deliveries(session->terminal(), args.output);
    Progress progress(session->world(), session->terminal(), "records");
    Pace pace(session->world(), args.rate);
    Job job{args, std::move(*headers), **input, producer, deliveries, progress, pace};
    const Status sent = co_await send_all(&job);
    co_await producer.flush();
    co_await producer.close();
    progress.finish();
    co_return outcome(*session, job, sent);
}

}  // namespace

io::Task<Exit> produce(io::World world, Terminal* terminal, ProduceArgs args) {
    const std::string topic = args.topic;
    return in_session(world, terminal, std::move(args), topic, &produce_all);
}

}  // namespace cambium::cli
