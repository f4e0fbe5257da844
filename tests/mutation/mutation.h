// What the copies of the sources that `make mutate` changes call: one build holds every change, and a run makes one of them.
//
// TAMADA_MUTANT: the number of the change; without it the program is as it was. TAMADA_MUTANTS_REACHED: a file into which the
// numbers are written, when the program ends, of the changes whose place was reached. One thread only.
#pragma once
#pragma GCC system_header  // comparisons of mixed signs are the sources' own; they are literals there

#include <bitset>
#include <cstdio>
#include <cstdlib>

namespace tamada::mutation {

class Mutants {
 public:
  static Mutants& all() {
    static Mutants mutants;
    return mutants;
  }
  bool is_on(unsigned number) {
    reached_.set(number);
    return number == wanted_;
  }

 private:
  Mutants() {
    const char* number = std::getenv("TAMADA_MUTANT");
    if (number != nullptr) wanted_ = static_cast<unsigned>(std::strtoul(number, nullptr, 10));
  }
  ~Mutants() {
    const char* name = std::getenv("TAMADA_MUTANTS_REACHED");
    std::FILE* file = name != nullptr ? std::fopen(name, "w") : nullptr;
    if (file == nullptr) return;
    for (unsigned number = 0; number < reached_.size(); ++number) {
      if (reached_.test(number)) std::fprintf(file, "%u\n", number);
    }
    std::fclose(file);
  }

  unsigned wanted_ = 0;
  std::bitset<8192> reached_;
};

inline bool on(unsigned number) {
  return Mutants::all().is_on(number);
}

// Comparisons that take in the border, or leave it out. (Equalities are turned round by `!=`.)
template <class A, class B>
bool less(unsigned number, const A& a, const B& b) {
  return on(number) ? a <= b : a < b;
}
template <class A, class B>
bool less_equal(unsigned number, const A& a, const B& b) {
  return on(number) ? a < b : a <= b;
}
template <class A, class B>
bool greater(unsigned number, const A& a, const B& b) {
  return on(number) ? a >= b : a > b;
}
template <class A, class B>
bool greater_equal(unsigned number, const A& a, const B& b) {
  return on(number) ? a > b : a >= b;
}

template <class Span>
Span span(unsigned doubled, unsigned zero, Span value) {
  if (on(doubled)) return value + value;
  if (on(zero)) return Span::zero();
  return value;
}

}  // namespace tamada::mutation
