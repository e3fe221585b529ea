// A std::deque that is made when something is first put into it. The standard library's takes 600
// bytes of heap even when it is empty, and of most things there are many that never hold any:
// partitions that nobody writes to.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

namespace cambium {

template <class T> class LazyDeque {
public:
    using iterator = typename std::deque<T>::iterator;

    [[nodiscard]] bool empty() const { return held_ == nullptr || held_->empty(); }
    [[nodiscard]] size_t size() const { return held_ == nullptr ? 0 : held_->size(); }
    void push_back(T value) {
        if (held_ == nullptr) held_ = std::make_unique<std::deque<T>>();
        held_->push_back(std::move(value));
    }
    // These want something in it.
    [[nodiscard]] T& front() { return held_->front(); }
    [[nodiscard]] T& back() { return held_->back(); }
    [[nodiscard]] const T& front() const { return held_->front(); }
    [[nodiscard]] const T& back() const { return held_->back(); }
    void pop_front() { held_->pop_front(); }
    void pop_back() { held_->pop_back(); }
    // Gives the memory back too.
    void clear() { held_.reset(); }

    [[nodiscard]] iterator begin() { return held_ == nullptr ? iterator() : held_->begin(); }
    [[nodiscard]] iterator end() { return held_ == nullptr ? iterator() : held_->end(); }

private:
    std::unique_ptr<std::deque<T>> held_;
};

}  // namespace cambium
