// Produce: every batch is checked and posted to its partition in the order in which the requests of
// a connection came. What the loop can do at once it does before anything is waited for; a batch
// that takes longer is worked on elsewhere, and those behind it wait in line.
// docs/paths/write.md tells the journey.
#include <algorithm>

#include "base/fault.hpp"
#include "broker/handlers.hpp"
#include "broker/produce_line.hpp"
#include "broker/producing.hpp"
#include "broker/services.hpp"
#include "broker/stopwatch.hpp"
#include "replica/acks.hpp"
#include "wire/messages/produce.hpp"

namespace cambium::broker {

namespace {

// A client that asks to wait longer is not believed; it asks again.
constexpr int32_t timeout_max_ms = 600'000;
// The time that a client grants is meant for replicas. Kafka does not wait for its own disk, so the
// disk gets this long even from a client that grants nothing.
constexpr int32_t timeout_min_ms = 1000;

struct Append {
    Services* services;
    Request* request;
    Producing* producing;
    replica::AppendOptions options;
    io::Duration timeout;
};

// Begins the wait for what `acks` asks for and posts everything to its partition. False: nothing
// was posted.
bool post_all(const Append& append, replica::Acks& acks) {
    // All may have been refused while it waited for its turn.
    if (append.producing->appendings().empty()) return false;
    append.producing->settle_timestamps();
    const Services& services = *append.services;
    if (append.options.acks != replica::acks_none) {
        const io::Monotonic deadline = services.world.clock.now() + append.timeout;
        const Status begun = services.waiting->begin(acks, deadline);
        if (!begun.ok()) {
            append.producing->refuse_all(begun.code());
            return false;
        }
    }
    const std::vector<Appending>& appendings = append.producing->appendings();
    for (size_t tag = 0; tag < appendings.size(); ++tag)
        appendings[tag].partition->append(appendings[tag].bytes(), append.options, acks, tag);
    return true;
}

io::Task<void> append_all(Append append, ProduceLine::Place* place) {
    Request* const request = append.request;
    Stopwatch watch(append.services->world.clock);
    replica::Acks acks(append.producing->appendings().size());
    const bool posted = post_all(append, acks);
    request->line->leave(*place);
    if (posted) (void)co_await acks.staged;
    append.producing->drop_batches();
    watch.lap(request->in(Stage::stage));
    if (!posted) co_return;
    request->waiting = &acks;
    if (append.options.acks != replica::acks_none) (void)co_await acks.ended;
    request->waiting = nullptr;
    watch.lap(request->in(Stage::wait));
    append.producing->settle(acks);
}

// Waits for the turn of the request, and in it for its batches that need a worker.
io::Task<void> decide_in_turn(const Append* append, ProduceLine::Place* place) {
    Stopwatch watch(append->services->world.clock);
    co_await append->request->line->turn(place);
    if (append->producing->undecided()) co_await append->producing->decide();
    append->producing->find_again();
    watch.lap(append->request->in(Stage::work));
}

io::Task<void> produce(Append append) {
    ProduceLine::Place place;
    const bool first = append.request->line->join(place);
    if (!first || append.producing->undecided()) {
        sometimes("broker.produce_waited_in_line");
        co_await decide_in_turn(&append, &place);
    }
    co_await append_all(append, &place);
}

}  // namespace

io::Task<Reply> handle_produce(Services* services, Request* request) {
    Stopwatch watch(services->world.clock);
    const auto decoded = wire::decode<wire::ProduceRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    watch.lap(request->in(Stage::decode));
    Producing producing(*services, *request, *decoded);
    producing.check_all();
    watch.lap(request->in(Stage::work));
    const int16_t wanted = decoded->acks;
    if (!producing.appendings().empty())
        co_await produce(
            {.services = services,
             .request = request,
             .producing = &producing,
             .options = {.acks = wanted, .epoch = {}},
             .timeout = timeout_of(std::max(decoded->timeout_ms, timeout_min_ms), timeout_max_ms)});
    if (wanted == replica::acks_none) {
        // Nobody hears of a failure but by this (as in Kafka).
        co_return producing.failed() ? Reply::close("a batch sent with acks=0 was refused")
                                     : Reply::none();
    }
    co_return producing.reply();
}

}  // namespace cambium::broker
