// InitProducerId for idempotent producers.
#include "broker/handlers.hpp"
#include "broker/services.hpp"
#include "wire/messages/init_producer_id.hpp"

namespace cambium::broker {

namespace {

// Kafka's checks before an id is given: an empty transactional id, or half of an id and epoch.
bool contradicts_itself(const wire::InitProducerIdRequest& request) {
    if (request.transactional_id && request.transactional_id->empty()) return true;
    return (request.producer_id == -1) != (request.producer_epoch == -1);
}

// What an InitProducerId that failed inside tells the client, which then tries again.
Errc told_to_producers(Errc inside) {
    const bool known = inside == Errc::kafka_storage_error || inside == Errc::no_space;
    return known ? Errc::coordinator_not_available : Errc::coordinator_load_in_progress;
}

}  // namespace

io::Task<Reply> handle_init_producer_id(Services* services, Request* request) {
    const auto decoded =
        wire::decode<wire::InitProducerIdRequest>(request->body, request->version());
    if (!decoded.ok()) co_return Reply::close(decoded.error().text());
    wire::InitProducerIdResponse response;
    response.producer_epoch = -1;
    if (contradicts_itself(*decoded)) {
        response.error_code = wire_code(Errc::invalid_request);
        co_return answer_with(response, *request);
    }
    if (decoded->transactional_id) {
        // Transactions have no coordinator yet.
        response.error_code = wire_code(Errc::coordinator_not_available);
        co_return answer_with(response, *request);
    }
    // Without a transactional id every request is given a fresh id, whatever it had before.
    const Result<ProducerId> id = co_await services->producer_ids->next();
    if (id.ok()) {
        response.producer_id = id->value();
        response.producer_epoch = 0;
    } else {
        response.error_code = wire_code(told_to_producers(id.code()));
    }
    co_return answer_with(response, *request);
}

}  // namespace cambium::broker
