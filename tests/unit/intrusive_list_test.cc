// The list through members: what contract rows B1 (call order) and E1
// (cancellation from anywhere in a queue) are built on.

#include "emul/intrusive_list.h"

#include <algorithm>
#include <array>
#include <list>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/random_source.h"

namespace aioemul {
namespace {

struct Element {
  int value = 0;
  ListLink<Element> link;
  ListLink<Element> other_link;
};

using List = IntrusiveList<Element, &Element::link>;
using OtherList = IntrusiveList<Element, &Element::other_link>;

template <typename AnyList>
std::vector<Element*> Contents(const AnyList& list) {
  std::vector<Element*> elements;
  for (Element* element = list.front(); element != nullptr;
       element = AnyList::Next(element)) {
    elements.push_back(element);
  }
  return elements;
}

TEST(IntrusiveListTest, NewListIsEmpty) {
  List list;
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.front(), nullptr);
  EXPECT_EQ(list.PopFront(), nullptr);
}

TEST(IntrusiveListTest, ElementsLeaveInTheOrderTheyWerePushedBack) {
  List list;
  std::array<Element, 3> elements;
  for (Element& element : elements) list.PushBack(&element);
  EXPECT_FALSE(list.empty());
  for (Element& element : elements) EXPECT_EQ(list.PopFront(), &element);
  EXPECT_TRUE(list.empty());
}

TEST(IntrusiveListTest, ElementPushedFrontIsFirst) {
  List list;
  std::array<Element, 3> elements;
  for (Element& element : elements) list.PushFront(&element);
  EXPECT_EQ(list.PopFront(), &elements[2]);
  EXPECT_EQ(list.PopFront(), &elements[1]);
  EXPECT_EQ(list.PopFront(), &elements[0]);
}

TEST(IntrusiveListTest, AnyElementCanBeRemovedAndPushedAgain) {
  for (size_t removed = 0; removed < 3; ++removed) {
    List list;
    std::array<Element, 3> elements;
    std::vector<Element*> expected;
    for (size_t i = 0; i < 3; ++i) {
      list.PushBack(&elements[i]);
      if (i != removed) expected.push_back(&elements[i]);
    }
    list.Remove(&elements[removed]);
    EXPECT_EQ(Contents(list), expected);
    EXPECT_EQ(List::Next(&elements[removed]), nullptr);
    list.PushBack(&elements[removed]);
    expected.push_back(&elements[removed]);
    EXPECT_EQ(Contents(list), expected);
  }
}

TEST(IntrusiveListTest, OnlyElementCanBeRemoved) {
  List list;
  Element element;
  list.PushFront(&element);
  list.Remove(&element);
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.PopFront(), nullptr);
}

TEST(IntrusiveListTest, ElementInTwoListsLeavesOnlyTheOneItIsRemovedFrom) {
  List list;
  OtherList other;
  std::array<Element, 2> elements;
  for (Element& element : elements) {
    list.PushBack(&element);
    other.PushFront(&element);
  }
  list.Remove(&elements[0]);
  EXPECT_EQ(Contents(list), std::vector<Element*>{&elements[1]});
  EXPECT_EQ(Contents(other),
            (std::vector<Element*>{&elements[1], &elements[0]}));
}

TEST(IntrusiveListTest, BehavesAsAStandardList) {
  RandomSource random;
  constexpr uint32_t kElements = 8;
  std::array<Element, kElements> elements;
  List list;
  std::list<Element*> model;
  for (int step = 0; step < 100'000; ++step) {
    Element* element = &elements[random.Below(kElements)];
    const auto found = std::find(model.begin(), model.end(), element);
    if (random.Below(4) == 0) {
      Element* first = model.empty() ? nullptr : model.front();
      if (first != nullptr) model.pop_front();
      ASSERT_EQ(list.PopFront(), first) << step;
    } else if (found != model.end()) {
      list.Remove(element);
      model.erase(found);
    } else if (random.Below(2) == 0) {
      list.PushBack(element);
      model.push_back(element);
    } else {
      list.PushFront(element);
      model.push_front(element);
    }
    ASSERT_EQ(list.empty(), model.empty()) << step;
    ASSERT_EQ(Contents(list), std::vector<Element*>(model.begin(), model.end()))
        << step;
  }
}

}  // namespace
}  // namespace aioemul
