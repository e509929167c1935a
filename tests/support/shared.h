#pragma once
// Facts that survive the death of the process that states them: memory shared with every later fork().

#include <sys/mman.h>

#include <new>
#include <type_traits>

#include "support/posix.h"

namespace tcptrail::test {

template <typename T>
class Shared {
  static_assert(std::is_trivially_copyable_v<T>, "pointers of one process mean nothing in another");

 public:
  Shared() {
    void* memory = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw_errno("mmap");
    facts_ = new (memory) T{};
  }
  ~Shared() { ::munmap(facts_, sizeof(T)); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  T* operator->() const { return facts_; }
  T& operator*() const { return *facts_; }

 private:
  T* facts_;
};

}  // namespace tcptrail::test
