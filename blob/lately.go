package blob

import "container/list"

// lately remembers values by their keys, of which those that were not used for the
// longest go first: a stranger who brings ever new keys must not fill the memory. Its
// owner has the lock. The zero value remembers nothing yet.
type lately[K comparable, V any] struct {
	places map[K]*list.Element
	order  list.List // of kept; used last in front
	weight int       // of all values
}

// kept is a value that is remembered.
type kept[K comparable, V any] struct {
	key    K
	value  V
	weight int
}

// get is the value of a key, which counts as used.
func (l *lately[K, V]) get(key K) (value V, ok bool) {
	place, ok := l.places[key]
	if !ok {
		return value, false
	}
	l.order.MoveToFront(place)
	return place.Value.(kept[K, V]).value, true
}

// put remembers a value for a key that has none, and drops others until all of them
// weigh no more than the limit. One that is heavier by itself is not remembered.
func (l *lately[K, V]) put(key K, value V, weight, limit int) {
	if weight > limit {
		return
	}
	if l.places == nil {
		l.places = map[K]*list.Element{}
	}
	l.places[key] = l.order.PushFront(kept[K, V]{key, value, weight})
	for l.weight += weight; l.weight > limit; {
		l.drop(l.order.Back().Value.(kept[K, V]).key)
	}
}

// drop forgets a key.
func (l *lately[K, V]) drop(key K) {
	place, ok := l.places[key]
	if !ok {
		return
	}
	l.weight -= l.order.Remove(place).(kept[K, V]).weight
	delete(l.places, key)
}
