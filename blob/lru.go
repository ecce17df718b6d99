package blob

import "container/list"

// lruCache is a bounded cache that evicts the least recently used values first, so that a
// stranger who sends ever new keys cannot fill the memory. The lock of its owner protects
// it. The zero value is empty and ready to use.
type lruCache[K comparable, V any] struct {
	elements map[K]*list.Element
	order    list.List // of lruEntry; the last used in front
	weight   int       // of all values
}

// lruEntry is a cached value.
type lruEntry[K comparable, V any] struct {
	key    K
	value  V
	weight int
}

// get is the value of a key, which counts as used.
func (l *lruCache[K, V]) get(key K) (value V, ok bool) {
	place, ok := l.elements[key]
	if !ok {
		return value, false
	}
	l.order.MoveToFront(place)
	return place.Value.(lruEntry[K, V]).value, true
}

// put caches a value for a key that has none, and evicts others until the total weight is
// within the limit. A value heavier than the limit is not cached.
func (l *lruCache[K, V]) put(key K, value V, weight, limit int) {
	if weight > limit {
		return
	}
	if l.elements == nil {
		l.elements = map[K]*list.Element{}
	}
	l.elements[key] = l.order.PushFront(lruEntry[K, V]{key, value, weight})
	for l.weight += weight; l.weight > limit; {
		l.drop(l.order.Back().Value.(lruEntry[K, V]).key)
	}
}

// drop removes a key.
func (l *lruCache[K, V]) drop(key K) {
	place, ok := l.elements[key]
	if !ok {
		return
	}
	l.weight -= l.order.Remove(place).(lruEntry[K, V]).weight
	delete(l.elements, key)
}
