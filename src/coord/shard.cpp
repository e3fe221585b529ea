#include "coord/shard.hpp"

#include <chrono>
#include <utility>

#include "base/check.hpp"
#include "base/fault.hpp"
#include "coord/batches.hpp"
#include "coord/log_reader.hpp"
#include "replica/acks.hpp"

namespace cambium::coord {

namespace {

constexpr io::Duration retry_interval = std::chrono::seconds(1);
// What was on its way into the log when cleaning began is looked for so often.
constexpr io::Duration look_interval = std::chrono::milliseconds(5);
constexpr io::Duration held_up = std::chrono::milliseconds(300);

}  // namespace

Shard::Shard(TopicPartition name, const GroupLimits& limits, const CleaningLimits& cleaning,
             Surroundings surroundings)
    : name_(std::move(name)),
      limits_(limits),
      around_(std::move(surroundings)),
      random_(around_.world.random.split()),
      core_(std::make_unique<GroupCore>(limits_, random_.split())),
      cleaning_(cleaning),
      cleaning_alarm_(around_.world.timers) {}

Shard::~Shard() {
    check(gate_.closed());
    check(joining_.empty() && syncing_.empty() && leaving_.empty() && beating_.empty() &&
          writing_.empty());
}

Now Shard::now() const {
    return {.monotonic = around_.world.clock.now(), .wall = around_.world.clock.wall()};
}

// ---- loading

void Shard::look_at(const meta::ImageRef& image) {
    image_ = image;
    core_->look_at(image);
}

void Shard::assign_every(int32_t interval_ms) {
    limits_.consumer.assignment_ms.standard = interval_ms;
    core_->assign_every(interval_ms);
}

void Shard::start(GroupCore::Alive alive) {
    alive_ = std::move(alive);
    io::spawn(gate_, load());
}

io::Task<void> Shard::load() {
    const Status read = co_await read_log();
    if (state_ != Errc::coordinator_load_in_progress) co_return;
    if (!read.ok()) {
        if (*around_.journal)
            (*around_.journal)("the groups of " + name_.text() +
                               " cannot be served: " + read.error().text());
        co_return load_later();
    }
    state_ = Errc::none;
    run([this](GroupCore& core, Now now, Effects& effects) {
        core.loaded(now, effects);
        core.forget_topics(alive_, effects);
    });
    if (cleaning_due()) around_.wants_cleaning();
}

io::Task<Status> Shard::read_log() {
    replica::Partition* const log = partition();
    if (log == nullptr || log->offline()) co_return Errc::kafka_storage_error;
    const io::Gate::Holder inside = log->stay();
    // What has a place in the log and is not durable yet is not read before it is.
    while (log->window().high_watermark < log->window().appended) {
        if (log->offline()) co_return Errc::kafka_storage_error;
        const Status slept =
            co_await cleaning_alarm_.sleep_until(around_.world.clock.now() + look_interval);
        if (!slept.ok()) co_return slept;
    }
    LogReader reader(&around_.world.loop);
    const Status read = co_await reader.read(log);
    if (!read.ok()) co_return read;
    cleaning_.loaded(reader.bytes(), reader.live_bytes());
    co_return reader.deliver([this](const Record& record) { core_->replay(record); });
}

replica::Partition* Shard::partition() const {
    const replica::LocalTopic* const topic = around_.replicas->topic(name_.topic);
    return topic == nullptr ? nullptr : topic->partition(name_.partition);
}

void Shard::load_later() {
    retry_ = around_.world.timers.set(around_.world.clock.now() + retry_interval, [this] {
        retry_ = io::TimerId::none;
        load_anew();
    });
}

void Shard::load_anew() {
    core_ = std::make_unique<GroupCore>(limits_, random_.split());
    core_->look_at(image_);
    io::spawn(gate_, load());
}

// The core thinks that a write is in the log as a whole or not at all. Where neither is true, only
// the log knows what is.
void Shard::read_anew() {
    sometimes("coord.read_anew");
    if (*around_.journal)
        (*around_.journal)("the groups of " + name_.text() +
                           " are read anew: a write got into the log in part");
    ++life_;
    state_ = Errc::coordinator_load_in_progress;
    around_.world.timers.cancel(timer_);
    timer_ = io::TimerId::none;
    timer_at_ = io::Monotonic::never();
    end_all_who_wait();
    load_when_quiet();
}

// What is still on its way would come behind what is read.
void Shard::load_when_quiet() {
    if (state_ != Errc::coordinator_load_in_progress) return;
    if (appending_.empty() && !cleaning_.under_way()) load_anew();
}

// ---- calls and answers

void Shard::run(const std::function<void(GroupCore& core, Now now, Effects& effects)>& call) {
    check(state_ == Errc::none);
    Effects effects;
    call(*core_, now(), effects);
    carry_out(std::move(effects));
}

template <class Answer> Ticket Shard::enter(Waiting<Answer>& waiting, Parked<Answer>& parked) {
    parked.ticket = ++last_ticket_;
    waiting.emplace(parked.ticket, &parked);
    return parked.ticket;
}

Ticket Shard::wait(Parked<wire::JoinGroupResponse>& parked) { return enter(joining_, parked); }
Ticket Shard::wait(Parked<wire::SyncGroupResponse>& parked) { return enter(syncing_, parked); }
Ticket Shard::wait(Parked<wire::LeaveGroupResponse>& parked) { return enter(leaving_, parked); }
Ticket Shard::wait(Parked<wire::ConsumerGroupHeartbeatResponse>& parked) {
    return enter(beating_, parked);
}
Ticket Shard::wait(Parked<Done>& parked) { return enter(writing_, parked); }

void Shard::forget(const ParkedBase& parked) {
    joining_.erase(parked.ticket);
    syncing_.erase(parked.ticket);
    leaving_.erase(parked.ticket);
    beating_.erase(parked.ticket);
    writing_.erase(parked.ticket);
}

// Whoever waited goes on inside the last line, and may come back here.
template <class Answer>
void Shard::answer(Waiting<Answer>& waiting, Ticket ticket, Answer answer) {
    const auto found = waiting.find(ticket);
    if (found == waiting.end()) return;
    Parked<Answer>* const parked = found->second;
    waiting.erase(found);
    if (!parked->inside()) return;
    parked->answer = std::move(answer);
    around_.room->end(*parked);
}

void Shard::carry_out(Effects effects) {
    const uint64_t life = life_;
    for (Write& write : effects.writes) io::spawn(gate_, append(std::move(write), life));
    for (auto& [ticket, response] : effects.joined) answer(joining_, ticket, std::move(response));
    for (auto& [ticket, response] : effects.synced) answer(syncing_, ticket, std::move(response));
    for (auto& [ticket, response] : effects.left) answer(leaving_, ticket, std::move(response));
    for (auto& [ticket, response] : effects.beaten) answer(beating_, ticket, std::move(response));
    for (const auto& [ticket, code] : effects.done) answer(writing_, ticket, Done{code});
    arm();
}

void Shard::arm() {
    if (state_ != Errc::none) return;
    const io::Monotonic next = core_->next_deadline();
    if (next >= timer_at_) return;
    around_.world.timers.cancel(timer_);
    timer_at_ = next;
    timer_ = around_.world.timers.set(next, [this] {
        timer_ = io::TimerId::none;
        timer_at_ = io::Monotonic::never();
        run([](GroupCore& core, Now now, Effects& effects) { core.step(now, effects); });
    });
}

// ---- writes

io::Task<void> Shard::append(Write write, uint64_t life) {
    if (life != life_) co_return;
    Appended done;
    Status& status = done.status;
    const Result<std::vector<Buffer>> batches =
        batches_of(write.records, around_.world.clock.wall());
    if (!batches.ok()) status = batches.error();
    if (cleaning_.under_way())
        for (const Record& record : write.records)
            if (status.ok()) status = cleaning_.wrote(record);
    if (status.ok()) {
        const uint64_t number = ++last_append_;
        appending_.insert(number);
        done = co_await append_batches(&*batches);
        appending_.erase(number);
    }
    if (!status.ok()) cleaning_.refused();
    if (life != life_) co_return load_when_quiet();
    if (done.torn && state_ == Errc::none) co_return read_anew();
    Effects effects;
    if (status.ok()) core_->written(write.id, now(), effects);
    else core_->refused(write.id, status.code(), now(), effects);
    carry_out(std::move(effects));
    if (cleaning_due()) around_.wants_cleaning();
}

// All of them, in a row, and until the last is durable.
io::Task<Shard::Appended> Shard::append_batches(const std::vector<Buffer>* batches) {
    replica::Partition* const log = partition();
    if (log == nullptr) co_return Appended{.status = Errc::not_leader_or_follower};
    for (const Buffer& batch : *batches) cleaning_.added(static_cast<int64_t>(batch.size()));
    replica::Acks acks(batches->size());
    const Status begun = around_.room->begin(acks, io::Monotonic::never());
    if (!begun.ok()) co_return Appended{.status = begun};
    const replica::AppendOptions options{.acks = replica::acks_all, .epoch = {}};
    for (size_t i = 0; i < batches->size(); ++i)
        log->append((*batches)[i].view(), options, acks, i);
    (void)co_await acks.staged;
    const Errc ended = co_await acks.ended;
    if (ended != Errc::none) co_return Appended{.status = ended};
    co_return outcome(acks, batches->size());
}

// A batch is in the log when it is durable, or when it got a place and there was no room to wait
// for it. One that the log took back, or never took, is not.
Shard::Appended Shard::outcome(const replica::Acks& acks, size_t batches) {
    Appended out;
    for (size_t i = 0; i < batches; ++i) {
        const replica::Ack& ack = acks.ack(i);
        const bool unwatched = ack.error == Errc::over_budget && ack.first.value() >= 0;
        if (ack.error == Errc::none || unwatched) out.torn = true;
        if (ack.error != Errc::none && out.status.ok()) out.status = ack.error;
    }
    if (out.status.ok()) out.torn = false;
    return out;
}

// ---- cleaning

bool Shard::cleaning_due() const { return state_ == Errc::none && cleaning_.due(); }

io::Task<Status> Shard::clean() {
    if (!cleaning_due()) co_return Status();
    const replica::LocalTopic* const topic = around_.replicas->topic(name_.topic);
    if (topic == nullptr) co_return Errc::not_leader_or_follower;
    const io::Gate::Holder inside = gate_.hold();
    cleaning_.begin(topic->settings.log.segment_bytes);
    const Status cleaned = co_await clean_log();
    if (cleaning_.under_way()) cleaning_.given_up();
    load_when_quiet();
    co_return cleaned;
}

Status Shard::cleaning_goes_on() const {
    if (state_ != Errc::none) return Errc::cancelled;
    return cleaning_.spoiled() ? Status(Errc::kafka_storage_error) : Status();
}

// Every write that the core wants from begin() on lies at or behind `begin`.
io::Task<Status> Shard::clean_log() {
    replica::Partition* const log = partition();
    if (log == nullptr) co_return Errc::not_leader_or_follower;
    const io::Gate::Holder inside = log->stay();
    const Result<Offset> begin = co_await log->appended_end();
    if (!begin.ok()) co_return begin.error();
    LogReader reader(&around_.world.loop);
    Status status = co_await read_until(log, &reader, *begin);
    if (!status.ok()) co_return status;
    // Whose transaction is open, and where, is told by nothing but the whole log.
    if (reader.transactional() || !Cleaning::worth_it(reader)) {
        cleaning_.not_worth(reader.live_bytes());
        co_return Status();
    }
    if (mutant("coord.cleaned_before_rewritten_durable"))
        (void)co_await log->delete_records(begin->value());
    // A disk that is slow, or a machine that is busy with other things.
    if (fault_point("coord.cleaning_held_up"))
        (void)co_await cleaning_alarm_.sleep_until(around_.world.clock.now() + held_up);
    status = co_await write_anew(&reader.newest());
    if (status.ok()) status = co_await settled();
    if (!status.ok()) co_return status;
    const Result<Offset> start = co_await log->delete_records(begin->value());
    if (!start.ok()) co_return start.error();
    cleaning_.done(reader.live_bytes());
    ++cleaned_;
    co_return Status();
}

// What was on its way when the last key was looked at stood in for older records, which are needed
// if it comes to nothing.
io::Task<Status> Shard::settled() {
    const uint64_t last = last_append_;
    while (!appending_.empty() && *appending_.begin() <= last) {
        Status status = cleaning_goes_on();
        if (status.ok())
            status =
                co_await cleaning_alarm_.sleep_until(around_.world.clock.now() + look_interval);
        if (!status.ok()) co_return status;
    }
    co_return cleaning_goes_on();
}

// What lies below `end`, also what is still on its way to the disk.
io::Task<Status> Shard::read_until(replica::Partition* log, LogReader* reader, Offset end) {
    while (true) {
        Status status = co_await reader->read(log, end);
        if (status.ok()) status = cleaning_goes_on();
        if (!status.ok()) co_return status;
        if (reader->position() >= end) co_return Status();
        const Status slept =
            co_await cleaning_alarm_.sleep_until(around_.world.clock.now() + look_interval);
        if (!slept.ok()) co_return slept;
    }
}

io::Task<Status> Shard::write_anew(const NewestRecords* newest) {
    std::string after;
    while (true) {
        Result<Buffer> batch = cleaning_.next_batch(*newest, &after, around_.world.clock.wall());
        if (!batch.ok()) co_return batch.error();
        if (batch->empty()) co_return Status();
        const io::Monotonic next = around_.world.clock.now() + cleaning_.pause(batch->size());
        std::vector<Buffer> one;
        one.push_back(std::move(*batch));
        const Appended appended = co_await append_batches(&one);
        Status status = appended.status;
        if (status.ok()) status = cleaning_goes_on();
        if (status.ok()) status = co_await cleaning_alarm_.sleep_until(next);
        if (!status.ok()) co_return status;
    }
}

// ---- the end

void Shard::stop() {
    if (state_ == Errc::not_coordinator) return;
    state_ = Errc::not_coordinator;
    around_.world.timers.cancel(timer_);
    around_.world.timers.cancel(retry_);
    cleaning_alarm_.close();
    end_all_who_wait();
}

void Shard::end_all_who_wait() {
    const auto end_all = [this](auto& waiting) {
        while (!waiting.empty()) {
            auto* const parked = waiting.begin()->second;
            waiting.erase(waiting.begin());
            if (parked->inside()) around_.room->end(*parked, Errc::cancelled);
        }
    };
    end_all(joining_);
    end_all(syncing_);
    end_all(leaving_);
    end_all(beating_);
    end_all(writing_);
}

io::Task<void> Shard::close() { return gate_.close(); }

}  // namespace cambium::coord
