"""A hundred ordinary sentences, of 2 to 10 s when they are spoken: what people let an avatar say."""

from __future__ import annotations

SENTENCES = """\
The second item of the batch speaks as well.
Good morning, and welcome to our little shop.
Please leave your umbrella at the door.
Your parcel will arrive tomorrow afternoon.
The library closes at six on weekdays.
Thank you for calling, we will be with you shortly.
My sister plays the cello in a small orchestra.
Could you send me the report before lunch?
We moved the meeting to the large room upstairs.
It rained all night, and the river is high again.
Press the green button to start the machine.
I never liked mushrooms until I tried this soup.
The train to the coast leaves from platform four.
Nobody knew who had left the window open.
Let us begin with a short overview of the plan.
Water the plants twice a week, and not more.
This course teaches you the basics of bookkeeping.
He bought a blue bicycle for his youngest daughter.
Keep your password to yourself and change it often.
The museum is free for children under twelve.
We are sorry for the delay and thank you for your patience.
Our new office is close to the old market square.
She opened the letter, read it twice, and smiled.
Add a pinch of salt and stir until it boils.
Many people walk past this house without seeing it.
The lecture on bees was much better than I thought.
You can cancel your order within two weeks.
Why does the moon look larger near the horizon?
A quick walk after dinner helps me sleep.
They built the bridge in less than eleven months.
The cat sleeps on the warm stones behind the wall.
Before you sign, please read the second page carefully.
I would like a table for two by the window.
Most of the apples went to the village school.
Our team found the fault and mended it overnight.
What a beautiful morning for a swim in the lake!
The doctor will see you in about ten minutes.
Turn left at the church and follow the narrow road.
In spring the whole valley smells of cherry blossom.
We measured the room, and the sofa will not fit.
The first version was slow, the second one is not.
Someone has to feed the chickens while we are away.
Please switch off your phones, the show is about to begin.
This bread is baked every morning with local flour.
My grandfather told the same story every winter.
Check the oil before a long drive.
An email with all the details is on its way to you.
The price includes breakfast and a towel for the beach.
If you have any questions, our staff will gladly help.
The old clock in the hall runs five minutes late.
She has worked as a nurse for over twenty years.
Fold the paper once, then cut along the line.
Half of the class had never seen the sea.
We use cookies to make this page work, and for nothing else.
Take one tablet in the evening with a glass of water.
The new bus line connects the station with the hospital.
I think we should ask somebody who knows about roofs.
Nothing tastes better than tomatoes from your own garden.
The survey shows that most customers come back.
Please hold the handrail and mind the step.
A storm took the roof off the barn last autumn.
How many of you have been here before?
Our next chapter explains how plants drink.
The baker's dog barks at every single postman.
Put the lid back on, or it will dry out.
The results were published on Friday and surprised everyone.
We grow our own herbs behind the kitchen.
He speaks four languages and writes in two of them.
The lift is out of order, so please use the stairs.
Tomorrow will be sunny in the south and cloudy in the north.
I left my keys on the table in the hall.
Small steps every day take you further than one big leap.
The concert was sold out within a quarter of an hour.
Remember to save your work before you close the window.
They met at a bus stop and have been friends ever since.
The bakery opens at seven and sells out by nine.
To make the dough, mix flour, water, yeast and a little sugar.
Our warehouse ships every order on the day it arrives.
It takes about an hour to walk around the island.
The children painted the fence yellow over the weekend.
No animal sleeps as little as the giraffe.
Please fill in the form and hand it to my colleague.
The sound you hear is the wind in the power lines.
We thank all our volunteers for a wonderful summer.
You will find the fuse box behind the door on your right.
Read the instructions first, it saves time in the end.
An honest answer is worth more than a clever one.
The river freezes only in very cold winters.
I can hear you, but your camera seems to be off.
Once a month we publish a list of new books.
Today we look at how a simple pump moves water uphill, and why it needs no motor at all.
If the lamp blinks three times, unplug the device, wait a minute, and plug it in again.
The company was founded by two sisters who wanted to make shoes that last a lifetime.
When the snow melts in April, the path along the stream turns into a long row of puddles.
Our guide knows every stone of the castle, and she tells its story as if she had been there.
After the break we will talk about money, about time, and about how to lose less of both.
There are three ways to get to the airport, and the cheapest of them is also the fastest.
The recipe is simple: fresh fish, a little butter, some lemon, and nothing else.
In the last ten years the town has planted more trees than in the fifty years before.
Whatever you do, do not open the oven during the first twenty minutes, or the cake will fall.
""".splitlines()
