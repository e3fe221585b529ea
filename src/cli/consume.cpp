#include "cli/consume.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <utility>

#include "cli/consume_plan.hpp"
#include "cli/record_writer.hpp"

namespace cambium::cli {
namespace {

constexpr io::Duration poll_time = std::chrono::seconds(1);

class Reading {
public:
    Reading(Session& session, const ConsumeArgs& args, ConsumePlan plan, RecordFormat format)
        : session_(session),
          args_(args),
          plan_(std::move(plan)),
          writer_(session.terminal(), std::move(format), args.output),
          consumer_(session.client(), {.offset_reset = client::OffsetReset::fail}) {
        for (const auto& [partition, start] : plan_.starts) consumer_.assign(partition, start);
    }

    // Reads until there is nothing left to read, or nobody reads what is written.
    io::Task<Status> run() {
        while (!done()) {
            const Result<bool> polled = co_await consumer_.poll(poll_time);
            if (!polled.ok()) co_return polled.error();
            const Status written = write_all();
            if (!written.ok()) co_return written;
            const Status flushed = session_.terminal().flush();
            if (!flushed.ok()) co_return Status();
            tell_waiting(*polled);
        }
        co_return Status();
    }
    io::Task<void> close() { return consumer_.close(); }
    [[nodiscard]] int64_t count() const { return count_; }

private:
    [[nodiscard]] bool done() const {
        if (args_.count >= 0 && count_ >= args_.count) return true;
        return !args_.until.empty() && plan_.ends.empty();
    }

    Status write_all() {
        while (!done()) {
            const Result<std::optional<client::ConsumedRecord>> next = consumer_.next();
            if (!next.ok()) return next.error();
            if (!next->has_value()) break;
            const client::ConsumedRecord& record = **next;
            const auto end = plan_.ends.find(*record.partition);
            const bool counts =
                args_.until.empty() || (end != plan_.ends.end() && record.offset < end->second);
            if (counts) {
                writer_.write(record);
                ++count_;
            }
            if (end != plan_.ends.end() && record.offset + 1 >= end->second) finish(end->first);
        }
        drop_finished();
        return {};
    }

    // The last offsets of a partition may belong to no record that is shown.
    void drop_finished() {
        std::vector<TopicPartition> finished;
        for (const auto& [partition, end] : plan_.ends) {
            const std::optional<Offset> position = consumer_.position(partition);
            if (position.has_value() && *position >= end) finished.push_back(partition);
        }
        for (const TopicPartition& partition : finished) finish(partition);
    }
    void finish(const TopicPartition& partition) {
        consumer_.unassign(partition);
        plan_.ends.erase(partition);  // last: it may be the key that goes
    }

    // A person who sees nothing happen learns why, once.
    void tell_waiting(bool got_some) {
        if (got_some || !args_.until.empty() || std::exchange(told_waiting_, true)) return;
        if (session_.terminal().said_to_person())
            session_.terminal().say("(that is all for now; waiting for more, Ctrl-C stops)\n");
    }

    Session& session_;
    const ConsumeArgs& args_;
    ConsumePlan plan_;
    RecordWriter writer_;
    client::Consumer consumer_;
    int64_t count_ = 0;
    bool told_waiting_ = false;
};

io::Task<Exit> consume_as_member(Session* session, ConsumeArgs args, ConsumeFrom from,
                                 ConsumeUntil until, RecordFormat format) {
    const std::string what = "cannot consume '" + args.topic + "' in group '" + args.group + "'";
    auto ends = co_await planned_ends(session, args, until);
    if (!ends.ok()) co_return session->failed(what, ends.error());
    const Status read =
        co_await consume_in_group(session, args, from, std::move(ends.value()), std::move(format));
    (void)session->terminal().flush();
    co_return read.ok() ? Exit::ok : session->failed(what, read.error());
}

io::Task<Exit> consume_all(Session* session, ConsumeArgs args) {
    const std::string what = "cannot consume '" + args.topic + "'";
    const Timestamp now = session->world().clock.wall();
    const Result<ConsumeFrom> from = parsed_from(args.from, now);
    const Result<ConsumeUntil> until = parsed_until(args.until, now);
    const Result<RecordFormat> format = RecordFormat::parse(args.keys ? "%k\t%v\n" : args.format);
    if (!from.ok() || !until.ok() || !format.ok()) {
        (void)session->failed(what, !from.ok()    ? from.error()
                                    : !until.ok() ? until.error()
                                                  : format.error());
        co_return Exit::usage;
    }
    if (!args.group.empty())
        co_return co_await consume_as_member(session, args, *from, *until, *format);
    Result<ConsumePlan> plan = co_await planned(session, args, *from, *until);
    if (!plan.ok()) co_return session->failed(what, plan.error());
    Reading reading(*session, args, std::move(plan.value()), *format);
    const Status read = co_await reading.run();
    co_await reading.close();
    (void)session->terminal().flush();
    if (!read.ok()) co_return session->failed(what, read.error());
    co_return Exit::ok;
}

}  // namespace

io::Task<Exit> consume(io::World world, Terminal* terminal, ConsumeArgs args) {
    const Subject subject{.topic = args.topic, .group = args.group};
    return in_session(world, terminal, std::move(args), subject, &consume_all);
}

}  // namespace cambium::cli
