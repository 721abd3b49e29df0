"""What people let an avatar say: a hundred ordinary sentences of 2 to 10 s, and sixty of other kinds, held out."""

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

# Of other kinds, 1.5 to 12 s: greetings, questions, numbers, news, how-to, long clauses, names, exclamations. No constant
# of the product was chosen on them, and none should be: they are there to tell whether those chosen above hold.
HELD_OUT = """\
Hello there, nice to meet you!
Good evening, ladies and gentlemen.
Hi, this is Tom from the support desk.
Welcome back, we have missed you.
Thanks a lot, and see you next week.
Happy birthday, dear Margaret!
Goodbye, and have a safe trip home.
Sorry, I did not catch your name.
Is anybody home?
What time does the last ferry go?
Have you ever tried to fix a bicycle in the rain?
Who is going to pay for all of this?
Would you rather stay at home, or come along with us?
How much does it cost to send a small box to Norway?
Did you remember to feed the goldfish and lock the door?
Which of these two colours do you like better?
You need 3 eggs, 250 grams of flour, and 2 spoons of honey.
Our opening hours are 9 to 5 on weekdays, and 10 to 2 on Saturdays.
The numbers this week are 4, 11, 19, 23, 36 and 42.
In 1969 about 600 million people watched the landing.
Call us at 555 0142, or write to us before the 30th of June.
The ticket is $12.50, and children pay half.
Sales rose by 7% in the first quarter and fell by 3% in the second.
Flight 283 to Lisbon is now boarding at gate 17.
The mayor opened the new swimming pool on Monday evening.
Police are looking for two men who stole a truck full of cheese.
Heavy snow has closed three mountain passes in the north of the country.
The central bank left its interest rate unchanged for the fourth time in a row.
Scientists have found a small frog that was thought to be extinct.
Farmers in the region expect the best harvest since the turn of the century.
The two governments agreed to talk again, but they did not say when.
A fire in an empty factory kept the brigade busy until dawn.
First, open the settings and choose your language.
Hold the needle like a pencil, and pull the thread through slowly.
Cut the onions, fry them gently, and add the garlic at the very end.
Click on the blue arrow in the upper corner, then drag the file into the window.
Loosen the four screws, lift the cover, and blow the dust out of the fan.
To reset the router, press the small button for ten seconds until both lights go out.
Let the paint dry overnight before you put on the second coat.
Save the file under a new name, so that the old one stays as it is.
Because the weather had been so mild that winter, the bees came out far too early, and many of them did not live to see \
the spring.
What most people forget, when they complain about slow trains, is that the tracks were laid for a world that had much \
more time.
Although she had practised the piece for months, she played it that evening as if every note were new to her.
He who wants to understand how a clock works should first take one apart, and then, which is harder, put it back together.
The house at the end of the lane, which had stood empty for as long as anyone could remember, had smoke rising from its \
chimney.
If we look at the figures more closely, we see that the growth comes from a handful of small firms, and not from the \
large ones.
I would not have believed it if I had not seen it with my own eyes.
Doctor Amelia Hartwell will speak about sleep.
Peter, Paul and Mary went to Edinburgh together.
Mr. Okonkwo and Mrs. Fitzgerald run the school in Nairobi.
My colleague Giovanni lives between Florence and Bologna.
Ask for Benjamin at the front desk of the Hotel Victoria.
Johann Sebastian Bach had twenty children, and several of them became musicians.
What a mess!
Congratulations, you have made it to the final round!
Wow, that was much closer than I expected!
Stop, do not touch that wire!
Come on, we can still win this game!
Oh no, I left the oven on!
Ready, steady, go!
""".splitlines()
