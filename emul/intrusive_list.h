// A doubly linked list through members of its elements: no allocation, and
// removal in constant time from anywhere.  An element can be in several lists,
// by several links, and in at most one list by each.
//
// Not thread-safe: whatever lock guards the list guards the links.

#ifndef AIOEMUL_EMUL_INTRUSIVE_LIST_H_
#define AIOEMUL_EMUL_INTRUSIVE_LIST_H_

namespace aioemul {

template <typename T>
struct ListLink {
  T* next = nullptr;
  T* previous = nullptr;
};

template <typename T, ListLink<T> T::*kLink>
class IntrusiveList {
 public:
  bool empty() const { return front_ == nullptr; }
  T* front() const { return front_; }
  T* back() const { return back_; }
  static T* Next(const T* element) { return (element->*kLink).next; }
  static T* Previous(const T* element) { return (element->*kLink).previous; }

  void PushBack(T* element) {
    (element->*kLink) = {nullptr, back_};
    (back_ != nullptr ? (back_->*kLink).next : front_) = element;
    back_ = element;
  }

  void PushFront(T* element) {
    (element->*kLink) = {front_, nullptr};
    (front_ != nullptr ? (front_->*kLink).previous : back_) = element;
    front_ = element;
  }

  // Null: at the front.
  void InsertAfter(T* before, T* element) {
    if (before == nullptr) {
      PushFront(element);
    } else if (T* after = Next(before)) {
      (element->*kLink) = {after, before};
      (before->*kLink).next = element;
      (after->*kLink).previous = element;
    } else {
      PushBack(element);
    }
  }

  // `element` must be in this list.
  void Remove(T* element) {
    const ListLink<T> link = element->*kLink;
    (link.previous != nullptr ? (link.previous->*kLink).next : front_) =
        link.next;
    (link.next != nullptr ? (link.next->*kLink).previous : back_) =
        link.previous;
    (element->*kLink) = {};
  }

  // The first element, removed; null when there is none.
  T* PopFront() {
    T* element = front_;
    if (element != nullptr) Remove(element);
    return element;
  }

 private:
  T* front_ = nullptr;
  T* back_ = nullptr;
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_INTRUSIVE_LIST_H_
