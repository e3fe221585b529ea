#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "cli/consume_plan.hpp"
#include "cli/record_writer.hpp"
#include "cli/session.hpp"
#include "client/group_consumer.hpp"

namespace cambium::cli {
namespace {

using client::GroupConsumer;

constexpr io::Duration group_poll_time = std::chrono::seconds(1);
// A command that is killed frees its partitions after so long.
constexpr io::Duration session_timeout = std::chrono::seconds(10);
constexpr io::Duration heartbeat_interval = std::chrono::seconds(1);

client::GroupConsumerOptions group_options(const ConsumeArgs& args, const ConsumeFrom& from) {
    client::GroupConsumerOptions options;
    options.membership.group = args.group;
    options.membership.topics = {args.topic};
    if (!args.instance.empty()) options.membership.instance = args.instance;
    if (args.protocol == "consumer") options.membership.protocol = client::GroupProtocol::consumer;
    options.membership.session_timeout = session_timeout;
    options.membership.heartbeat_interval = heartbeat_interval;
    options.start = from.start;
    options.consumer.offset_reset = from.start.kind == client::Start::Kind::end
                                        ? client::OffsetReset::end
                                        : client::OffsetReset::beginning;
    return options;
}

class GroupReading {
public:
    GroupReading(Session& session, const ConsumeArgs& args, const ConsumeFrom& from,
                 std::map<TopicPartition, Offset> ends, RecordFormat format)
        : session_(session),
          args_(args),
          ends_(std::move(ends)),
          writer_(session.terminal(), std::move(format), args.output),
          consumer_(session.client(), group_options(args, from)),
          interrupted_(std::make_shared<GroupReading*>(this)) {
        // The terminal outlives this; whoever interrupts later finds nobody.
        session.terminal().on_interrupt([alive = interrupted_] {
            if (*alive != nullptr) (*alive)->stop();
        });
    }
    ~GroupReading() { *interrupted_ = nullptr; }
    GroupReading(const GroupReading&) = delete;
    GroupReading& operator=(const GroupReading&) = delete;

    // What is written is committed; a record whose writing failed is not.
    io::Task<Status> run() {
        while (!done()) {
            const Result<bool> polled = co_await consumer_.poll(group_poll_time);
            if (!polled.ok()) co_return polled.error();
            const Status written = write_records();
            if (!written.ok()) co_return written;
            const Status flushed = session_.terminal().flush();
            if (!flushed.ok()) co_return Status();
            mark_done();
            const Status committed = co_await consumer_.commit();
            if (!committed.ok()) tell_uncommitted(committed);
            tell_waiting(*polled);
        }
        co_return Status();
    }
    io::Task<void> close() { return consumer_.close(); }

private:
    void stop() {
        stopped_ = true;
        consumer_.wake();
    }

    [[nodiscard]] bool done() const {
        if (stopped_ || (args_.count >= 0 && count_ >= args_.count)) return true;
        if (args_.until.empty() || !consumer_.settled()) return false;
        const client::Membership& membership = consumer_.membership();
        if (membership.may_be_given_soon(session_.world().clock.now())) return false;
        return std::ranges::all_of(membership.owned(),
                                   [this](const TopicPartition& each) { return ended(each); });
    }
    [[nodiscard]] bool ended(const TopicPartition& partition) const {
        const auto end = ends_.find(partition);
        const std::optional<Offset> position = consumer_.position(partition);
        return end == ends_.end() || finished_.contains(partition) ||
               (position && *position >= end->second);
    }

    Status write_records() {
        while (!done()) {
            const Result<std::optional<client::ConsumedRecord>> next = consumer_.next();
            if (!next.ok()) return next.error();
            if (!next->has_value()) break;
            const client::ConsumedRecord& record = **next;
            const TopicPartition partition = *record.partition;
            const auto end = ends_.find(partition);
            const bool counts = end == ends_.end() || record.offset < end->second;
            if (counts) {
                writer_.write(record);
                written_[partition] = record.offset + 1;
                ++count_;
            }
            if (end != ends_.end() && record.offset + 1 >= end->second) {
                finished_.insert(partition);
                consumer_.stop_reading(partition);
            }
        }
        return {};
    }
    void mark_done() {
        for (const auto& [partition, next] : written_) consumer_.done(partition, next);
        written_.clear();
    }

    // Somebody else may read them again; the next poll puts the membership right.
    void tell_uncommitted(const Status& status) {
        const bool expected = status.code() == Errc::rebalance_in_progress || stopped_;
        if (!expected && session_.terminal().said_to_person())
            session_.terminal().say("(not committed: " + status.error().text() + ")\n");
    }
    // A person who sees nothing happen learns why, once.
    void tell_waiting(bool got_some) {
        if (got_some || done() || !consumer_.settled() || std::exchange(told_waiting_, true))
            return;
        if (!session_.terminal().said_to_person()) return;
        const auto held = static_cast<int64_t>(consumer_.membership().owned().size());
        session_.terminal().say("(holds " + counted(held, "partition") +
                                "; waiting for more, Ctrl-C stops)\n");
    }

    Session& session_;
    const ConsumeArgs& args_;
    std::map<TopicPartition, Offset> ends_;
    RecordWriter writer_;
    GroupConsumer consumer_;
    std::shared_ptr<GroupReading*> interrupted_;  // shared with the terminal's handler
    std::map<TopicPartition, Offset> written_;    // and not yet flushed
    std::set<TopicPartition> finished_;
    int64_t count_ = 0;
    bool stopped_ = false;
    bool told_waiting_ = false;
};

}  // namespace

io::Task<Status> consume_in_group(Session* session, ConsumeArgs args, ConsumeFrom from,
                                  std::map<TopicPartition, Offset> ends, RecordFormat format) {
    if (from.last > 0)
        co_return Error{Errc::invalid_argument,
                        "--from -N and --group do not go together: a group goes on where it "
                        "committed, 'cambium group reset-offsets' moves it"};
    GroupReading reading(*session, args, from, std::move(ends), std::move(format));
    const Status read = co_await reading.run();
    co_await reading.close();
    co_return read;
}

}  // namespace cambium::cli
