package plot

import "math"

// tolerance is the largest distance between a simplified line and the true one, in pixels.
const tolerance = 0.2

// simplify removes points whose absence is not visible (Douglas and Peucker 1973). The first
// and the last point stay.
func simplify(points []Point) []Point {
	if len(points) < 3 {
		return points
	}
	first, last := points[0], points[len(points)-1]
	farthest, distance := 0, tolerance
	for i, p := range points[1 : len(points)-1] {
		if d := apart(p, first, last); d > distance {
			farthest, distance = i+1, d
		}
	}
	if farthest == 0 {
		return []Point{first, last}
	}
	head := simplify(points[:farthest+1])
	return append(head[:len(head)-1:len(head)-1], simplify(points[farthest:])...)
}

// apart is the distance of p from the segment a to b.
func apart(p, a, b Point) float64 {
	dx, dy := b.X-a.X, b.Y-a.Y
	along := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		along = min(max(((p.X-a.X)*dx+(p.Y-a.Y)*dy)/length, 0), 1)
	}
	return math.Hypot(p.X-a.X-along*dx, p.Y-a.Y-along*dy)
}
