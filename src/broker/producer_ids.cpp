#include "broker/producer_ids.hpp"

#include <utility>

namespace cambium::broker {

io::Task<Result<ProducerId>> ProducerIds::next() {
    while (block_.count == 0) {
        if (asking_) {
            io::Once<bool> turn;
            waiting_.push_back(&turn);
            (void)co_await turn;
            continue;
        }
        asking_ = true;
        const Result<control::ProducerIdBlock> block =
            co_await controller_->allocate_producer_ids();
        asking_ = false;
        if (block.ok()) block_ = *block;
        // Each looks for itself: when this failed, the next one asks.
        for (io::Once<bool>* turn : std::exchange(waiting_, {})) turn->complete(true);
        if (!block.ok()) co_return block.error();
    }
    const ProducerId id = block_.first;
    block_.first = ProducerId{id.value() + 1};
    --block_.count;
    co_return id;
}

}  // namespace cambium::broker
